// The settings that all charts of a view share: their axes, and how much curves are smoothed.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Axis } from '../state/series.ts';
import { t } from '../strings/index.ts';

/** The amounts of smoothing that a person can choose; 0 smooths nothing. See `smooth`. */
const SMOOTHINGS = [0, 0.9, 0.99, 0.997] as const;
const AXES = ['epochs', 'steps', 'minutes'] as const satisfies readonly Axis[];

export interface ChartSettings {
  readonly axis: Axis;
  /** The axis in the page's language. */
  readonly axisName: string;
  readonly smoothing: number;
  /** The vertical axes are logarithmic. */
  readonly log: boolean;
  readonly setAxis: (axis: Axis) => void;
  readonly setSmoothing: (smoothing: number) => void;
  readonly setLog: (log: boolean) => void;
}

const nameOf = (axis: Axis): string =>
  ({ steps: t.value.axisSteps, epochs: t.value.axisEpochs, minutes: t.value.axisMinutes })[axis];

export function useChartSettings(): ChartSettings {
  const [axis, setAxis] = useState<Axis>('epochs');
  const [smoothing, setSmoothing] = useState<number>(SMOOTHINGS[1]);
  const [log, setLog] = useState(false);
  return { axis, axisName: nameOf(axis), smoothing, log, setAxis, setSmoothing, setLog };
}

interface BarProps {
  readonly settings: ChartSettings;
  readonly children?: ComponentChildren;
}

/** Shows the heading of a view's charts with their settings; `children` stand behind them. */
export function ChartBar({ settings, children }: BarProps) {
  const words = t.value;
  return (
    <div class="bar">
      <h2>{words.charts}</h2>
      <label>
        {words.axis}{' '}
        <select value={settings.axis} onChange={(event) => settings.setAxis(event.currentTarget.value as Axis)}>
          {AXES.map((one) => (
            <option key={one} value={one}>
              {nameOf(one)}
            </option>
          ))}
        </select>
      </label>
      <label title={words.smoothingHelp}>
        {words.smoothing}{' '}
        <select
          value={settings.smoothing}
          onChange={(event) => settings.setSmoothing(Number(event.currentTarget.value))}
        >
          {SMOOTHINGS.map((one, i) => (
            <option key={one} value={one}>
              {words.smoothings[i]}
            </option>
          ))}
        </select>
      </label>
      <label title={words.logHelp}>
        <input type="checkbox" checked={settings.log} onChange={() => settings.setLog(!settings.log)} /> {words.log}
      </label>
      {children}
    </div>
  );
}
