// The manifests of examples/distributed: their fields are those of the schemas of Kubeflow's MPIJob v2beta1
// (mpi-operator 0.6.0) and Kubernetes' batch/v1 Job, and their commands fit the replicas and the
// image. The schemas here hold only what such manifests need; any other field is refused, as an API
// server that is asked to be strict does.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

/** The fields of an object; a name that ends with `!` is required, and `*` stands for any name. */
interface Fields {
  readonly [name: string]: Shape;
}
type Shape = 'string' | 'integer' | 'boolean' | readonly [Shape] | Fields;

const METADATA: Fields = { 'name!': 'string', namespace: 'string', labels: { '*': 'string' } };
const POD: Fields = {
  'spec!': {
    restartPolicy: 'string',
    'containers!': [
      {
        'name!': 'string',
        image: 'string',
        workingDir: 'string',
        command: ['string'],
        args: ['string'],
        securityContext: { runAsNonRoot: 'boolean', runAsUser: 'integer' },
        resources: { limits: { '*': 'string' } },
        volumeMounts: [{ 'name!': 'string', 'mountPath!': 'string' }],
      },
    ],
    volumes: [{ 'name!': 'string', persistentVolumeClaim: { 'claimName!': 'string' } }],
  },
};
const MPI_JOB: Fields = {
  'apiVersion!': 'string',
  'kind!': 'string',
  'metadata!': METADATA,
  'spec!': {
    slotsPerWorker: 'integer',
    sshAuthMountPath: 'string',
    mpiImplementation: 'string',
    runPolicy: { cleanPodPolicy: 'string', backoffLimit: 'integer' },
    'mpiReplicaSpecs!': { '*': { replicas: 'integer', restartPolicy: 'string', template: POD } },
  },
};
const JOB: Fields = {
  'apiVersion!': 'string',
  'kind!': 'string',
  'metadata!': METADATA,
  'spec!': {
    completionMode: 'string',
    completions: 'integer',
    parallelism: 'integer',
    backoffLimit: 'integer',
    'template!': POD,
  },
};

/** Lists where a value is not of its shape. */
function faults(shape: Shape, value: unknown, at = ''): string[] {
  if (shape === 'integer') return Number.isInteger(value) ? [] : [`${at}: expected a whole number`];
  if (typeof shape === 'string') return typeof value === shape ? [] : [`${at}: expected a ${shape}`];
  if (isList(shape)) {
    if (!Array.isArray(value)) return [`${at}: expected a list`];
    return value.flatMap((each, i) => faults(shape[0], each, `${at}[${i}]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at}: expected an object`];
  const lacking = Object.keys(shape).filter((name) => name.endsWith('!') && !(name.slice(0, -1) in value));
  const known = Object.entries(value).flatMap(([name, each]) => {
    const own = shape[name] ?? shape[`${name}!`] ?? shape['*'];
    return own === undefined ? [`${at}.${name}: is no field`] : faults(own, each, `${at}.${name}`);
  });
  return [...lacking.map((name) => `${at}.${name.slice(0, -1)}: is missing`), ...known];
}
const isList = (shape: Shape): shape is readonly [Shape] => Array.isArray(shape);

const example = (name: string): string =>
  readFileSync(new URL(`../examples/distributed/${name}`, import.meta.url), 'utf8');
const IMAGE = example('Dockerfile');

interface Replica {
  readonly replicas: number;
  readonly template: { readonly spec: { readonly containers: readonly [Container] } };
}
interface Container {
  readonly args: readonly [string];
  readonly securityContext: { readonly runAsUser: number };
}

describe('the manifest', () => {
  it('of MPIJob has the fields of its schema, and a rank for each slot', () => {
    const text = example('mpijob.yaml');
    const job = parse(text) as { apiVersion: string; kind: string; spec: Record<string, unknown> };
    expect(faults(MPI_JOB, job)).toEqual([]);
    expect([job.apiVersion, job.kind]).toEqual(['kubeflow.org/v2beta1', 'MPIJob']);
    const { Launcher, Worker, ...others } = job.spec.mpiReplicaSpecs as Record<string, Replica>;
    expect([Launcher!.replicas, others]).toEqual([1, {}]);
    const ranks = Worker!.replicas * (job.spec.slotsPerWorker as number);
    const { args } = Launcher!.template.spec.containers[0];
    expect(Number(/mpirun -n (\d+)/.exec(args[0])![1])).toBe(ranks);
    expect(Number(/--shards (\d+)/.exec(args[0])![1]) % ranks).toBe(0);
    expect(IMAGE).toContain(`HostKey ${job.spec.sshAuthMountPath}/id_rsa`);
    for (const { template } of [Launcher!, Worker!])
      expect(IMAGE).toContain(`--uid ${template.spec.containers[0].securityContext.runAsUser} mpiuser`);
  });

  it('of an indexed Job has the fields of its schema, and takes each run of the sweep once', () => {
    const job = parse(example('sweep-job.yaml')) as { apiVersion: string; kind: string; spec: Record<string, unknown> };
    expect(faults(JOB, job)).toEqual([]);
    expect([job.apiVersion, job.kind]).toEqual(['batch/v1', 'Job']);
    expect(job.spec).toMatchObject({ completionMode: 'Indexed', template: { spec: { restartPolicy: 'Never' } } });
    const { args } = (job.spec as unknown as Replica).template.spec.containers[0];
    expect(args[0]).toContain('sweep sweep.json --index "$JOB_COMPLETION_INDEX"');
  });

  it('is refused with a field that is unknown, missing or of another type', () => {
    const job = parse(example('mpijob.yaml').replace('slotsPerWorker: 1', 'slotsPerWorkers: 1\n  runPolicies: {}')) as {
      metadata: Record<string, unknown>;
    };
    delete job.metadata.name;
    job.metadata.labels = { size: 1 };
    expect(faults(MPI_JOB, job)).toEqual([
      '.metadata.name: is missing',
      '.metadata.labels.size: expected a string',
      '.spec.slotsPerWorkers: is no field',
      '.spec.runPolicies: is no field',
    ]);
  });
});
