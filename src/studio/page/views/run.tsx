// The view of one run shows its pictures over time, its charts, its warnings and its actions.
import { useState } from 'preact/hooks';
import { Actions } from '../parts/actions.tsx';
import { Charts } from '../parts/charts.tsx';
import { Facts } from '../parts/facts.tsx';
import { LabLinks } from '../parts/lab-links.tsx';
import { Log } from '../parts/log.tsx';
import { Progress } from '../parts/progress.tsx';
import { State, StateSentence } from '../parts/state.tsx';
import { Term } from '../parts/term.tsx';
import { Timeline } from '../parts/timeline.tsx';
import { Warnings } from '../parts/warnings.tsx';
import type { Source } from '../sources/source.ts';
import { links } from '../state/route.ts';
import { heads, useDetail, useSeries } from '../state/runs.ts';
import { t } from '../strings/index.ts';

export function Run({ source, id }: { readonly source: Source; readonly id: string }) {
  const words = t.value;
  const { detail, warnings, error } = useDetail(source, id);
  const series = useSeries(source, id, detail);
  const [epoch, setEpoch] = useState<number | null>(null);
  if (error !== null)
    return (
      <section class="empty">
        <h1>{id}</h1>
        <p>{heads.value?.every((head) => head.id !== id) ? words.gone : error}</p>
        <a class="button" href={links.runs}>
          {words.back}
        </a>
      </section>
    );
  if (detail === null) return <p class="wait">{words.loadingRun}</p>;
  const { head } = detail;
  const perEpoch = series.stepsPerEpoch;
  return (
    <section>
      <div class="bar">
        <h1>{id}</h1>
        <State state={head.state} detail={head.detail} />
        {head.epochs !== null && <Term text={words.epochOf(head.epoch, head.epochs)} help={words.epochHelp} />}
        {source.networks && detail.checkpoints.length > 0 && <LabLinks id={id} checkpoint={null} current={null} />}
        {source.control && <Actions control={source.control} detail={detail} />}
      </div>
      <StateSentence head={head} />
      {head.state === 'training' && <Progress detail={detail} series={series} />}
      <div class="run">
        <div class="beside-charts">
          <Timeline source={source} detail={detail} epoch={epoch} choose={setEpoch} />
          <Warnings warnings={warnings} detail={detail} canStart={source.control !== null} />
          <Log detail={detail} />
          <Facts source={source} detail={detail} />
        </div>
        <Charts
          detail={detail}
          series={series}
          warnings={warnings}
          step={epoch === null || perEpoch === null ? null : epoch * perEpoch}
          pick={setEpoch}
        />
      </div>
    </section>
  );
}
