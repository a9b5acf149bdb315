// Gives each rank of a host a graphics card of its own. Dawn picks an adapter by its name, and
// equal cards have equal names, so the choice is made a layer below: Mesa's device-select layer
// shows a process one card by its PCI address, whoever made its driver. It reads the environment
// when Vulkan is loaded, so the choice has to come before that.
// Sources: Mesa's "Environment Variables" (DRI_PRIME, MESA_VK_DEVICE_SELECT_FORCE_DEFAULT_DEVICE);
// Linux Documentation/gpu/drm-uapi.rst (render nodes).
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { World } from './world.ts';

const RENDER_NODES = 'sys/class/drm';
/** NVIDIA's driver shows its cards here, with render nodes or without. */
const NVIDIA = 'proc/driver/nvidia/gpus';
const LAYER = 'VkLayer_MESA_device_select.json';
const LAYERS = ['usr/share/vulkan/implicit_layer.d', 'etc/vulkan/implicit_layer.d'];
const PCI = /^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;

/** What a host offers. */
export interface Cards {
  /** PCI addresses, such as `0000:01:00.0`, in their order. */
  readonly addresses: readonly string[];
  /** Whether Mesa's layer is installed. */
  readonly canSelect: boolean;
}

/** @param root where the file system begins */
export function cardsOfHost(root = '/'): Cards {
  const names = (folder: string): string[] => (existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : []);
  const nodes = names(RENDER_NODES).filter((name) => name.startsWith('renderD'));
  const linked = nodes.map((name) => {
    try {
      return basename(readlinkSync(join(root, RENDER_NODES, name, 'device')));
    } catch {
      return '';
    }
  });
  const addresses = [...new Set([...linked, ...names(NVIDIA)])].filter((name) => PCI.test(name)).sort();
  return { addresses, canSelect: LAYERS.some((folder) => existsSync(join(root, folder, LAYER))) };
}

type Place = Pick<World, 'hosts' | 'rank'>;

/** The ranks on the same host as this one, in their order. */
function beside({ hosts, rank }: Place): readonly number[] {
  return hosts.flatMap((host, other) => (host === hosts[rank] ? [other] : []));
}

/**
 * Returns what the environment of a rank needs so that the rank sees one card of several. It is
 * empty where the host has one card or one rank, and where a person has chosen.
 */
export function choiceOfCard(
  place: Place,
  { addresses, canSelect }: Cards,
  environment: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
  const ranks = beside(place);
  if (ranks.length < 2 || addresses.length < 2 || !canSelect) return {};
  if (environment.DRI_PRIME !== undefined || environment.MESA_VK_DEVICE_SELECT !== undefined) return {};
  const address = addresses[ranks.indexOf(place.rank) % addresses.length]!;
  return { DRI_PRIME: `pci-${address.replace(/[:.]/g, '_')}`, MESA_VK_DEVICE_SELECT_FORCE_DEFAULT_DEVICE: '1' };
}

/** Says where ranks on the same host may share a card; null where each has one, or none is seen. */
export function noteOnCards(place: Place, { addresses, canSelect }: Cards): string | null {
  const ranks = beside(place).length;
  const start = `${ranks} ranks on ${place.hosts[place.rank]}`;
  if (ranks < 2 || addresses.length === 0) return null;
  if (addresses.length < ranks && (canSelect || addresses.length === 1))
    return `${start} share ${addresses.length === 1 ? 'one graphics card' : `${addresses.length} graphics cards`}; start a rank for each card`;
  if (canSelect) return null;
  return `${start} may all take the same of ${addresses.length} graphics cards: install Mesa's layer that selects one ("apt-get install mesa-vulkan-drivers"), or let the launcher show each rank one card`;
}
