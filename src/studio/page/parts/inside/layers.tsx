// The maps of a network's layers, from its input to its output.
import { type Maps, MOST_MAPS } from '../../state/maps.ts';
import { t } from '../../strings/index.ts';
import { Pixels } from '../pixels.tsx';

interface LayersProps {
  readonly title: string;
  readonly maps: readonly Maps[];
  readonly network: 'generator' | 'discriminator';
}

export function Layers({ title, maps, network }: LayersProps) {
  const words = t.value;
  return (
    <section class={`layers ${network}`} aria-label={title}>
      <h2>{title}</h2>
      <p class="quiet">{network === 'generator' ? words.layersGeneratorHelp : words.layersDiscriminatorHelp}</p>
      {maps.map(({ name, size, count, picture }) => {
        const says = words.layerMaps(name, size, count);
        return (
          <figure key={name}>
            <figcaption>
              {says}
              {count > MOST_MAPS && <span class="quiet"> ({words.mapsShown(MOST_MAPS)})</span>}
            </figcaption>
            <Pixels picture={picture} alt={says} kind="maps" />
          </figure>
        );
      })}
    </section>
  );
}
