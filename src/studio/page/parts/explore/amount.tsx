// A slider with its name before it and its value behind it.
interface AmountProps {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  readonly change: (value: number) => void;
  /** The value in words, where a number does not say it. */
  readonly said?: string;
}

export function Amount({ label, value, least, most, step, change, said }: AmountProps) {
  return (
    <label class="amount">
      <span>{label}</span>
      <input
        type="range"
        min={least}
        max={most}
        step={step}
        value={value}
        {...(said !== undefined && { 'aria-valuetext': said })}
        onInput={(event) => change(event.currentTarget.valueAsNumber)}
      />
      <output>{said ?? value.toFixed(step < 1 ? 1 : 0)}</output>
    </label>
  );
}
