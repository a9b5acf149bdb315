// A slider with a label before it, and its place in words behind it.

interface Props {
  readonly label: string;
  /** The last place; the first is 0. */
  readonly last: number;
  readonly value: number;
  /** The place in words, for those who do not see the slider. */
  readonly text: string | undefined;
  /** What stands behind the slider, if it is not `text`. */
  readonly shown?: string;
  readonly change: (value: number) => void;
}

export function Slider({ label, last, value, text, shown = text, change }: Props) {
  return (
    <label class="slider">
      {label}
      <input
        type="range"
        min={0}
        max={last}
        value={value}
        aria-valuetext={text}
        onInput={(event) => change(event.currentTarget.valueAsNumber)}
      />
      <output>{shown}</output>
    </label>
  );
}
