// The lesson: what a GAN is, chapter by chapter, each with a live part. Everything is computed
// here.

import type { DCGAN } from 'dcgan/browser';
import { useEffect, useRef, useState } from 'preact/hooks';
import { DiscriminatorPart } from '../parts/learn/discriminator.tsx';
import { GeneratorPart } from '../parts/learn/generator.tsx';
import { LossesPart } from '../parts/learn/losses.tsx';
import { StepPart } from '../parts/learn/step.tsx';
import { Training } from '../parts/learn/training.tsx';
import { Notice } from '../parts/notice.tsx';
import { Pixels } from '../parts/pixels.tsx';
import { gridOf, type Lesson, openLesson } from '../state/lesson.ts';
import { links } from '../state/route.ts';
import { t } from '../strings/index.ts';

/** The visitor's training: a few minutes on one thread. */
const QUICK = { preset: 'quick', epochs: 20, seed: 1 } as const;
/** A generator that learns twenty times too fast, so that its pictures become all alike. */
const COLLAPSE = { preset: 'quick', groups: 0, epochs: 2, seed: 1, generatorLearningRate: 0.02 } as const;

export function Learn({ chapter }: { readonly chapter: number }) {
  const words = t.value.learn;
  const [lesson, setLesson] = useState<Lesson | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [trained, setTrained] = useState<DCGAN | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const newest = useRef<Uint8Array | null>(null);

  useEffect(() => {
    let opened: Lesson | null = null;
    let gone = false;
    openLesson().then(
      (found) => {
        opened = found;
        if (gone) void found.small.dispose();
        else setLesson(found);
      },
      (reason: Error) => setError(reason.message),
    );
    return () => {
      gone = true;
      void opened?.small.dispose();
    };
  }, []);
  // The networks of the visitor's training are opened when its chapter is left.
  useEffect(() => {
    heading.current?.focus();
    const bytes = newest.current;
    if (!bytes || !lesson) return;
    newest.current = null;
    lesson.library.DCGAN.load(bytes, { device: 'cpu' }).then(setTrained, (reason: Error) => setError(reason.message));
  }, [chapter]);
  useEffect(() => () => void trained?.dispose(), [trained]);

  const last = words.chapters.length - 1;
  const { title, text } = words.chapters[chapter]!;
  const gan = trained ?? lesson?.small;
  const said = { preparing: words.preparing, trains: words.trains, stopped: words.trainingStopped };
  return (
    <section class="learn" aria-label={words.learn}>
      <nav aria-label={words.chapterNav}>
        <ol class="chapters">
          {words.chapters.map(({ title: name }, i) => (
            <li key={name}>
              <a
                href={links.learn(i)}
                title={name}
                aria-label={`${i + 1}. ${name}`}
                {...(i === chapter && { 'aria-current': 'page' as const })}
              >
                {i + 1}
              </a>
            </li>
          ))}
        </ol>
      </nav>
      <p class="quiet">{words.chapterOf(chapter + 1, last + 1)}</p>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {text.map((paragraph) => (
        <p key={paragraph}>{paragraph}</p>
      ))}
      <Notice text={error} />
      {!lesson && error === null && <p role="status">{words.opening}</p>}
      {lesson && chapter === 0 && (
        <figure>
          <figcaption>{words.realDigits}</figcaption>
          <Pixels
            picture={gridOf(lesson.digits.batch(Array.from({ length: 32 }, (_, i) => i)), 8)}
            alt={words.realDigits}
            kind="large"
          />
        </figure>
      )}
      {gan && chapter === 1 && <GeneratorPart gan={gan} />}
      {gan && lesson && chapter === 2 && <DiscriminatorPart lesson={lesson} gan={gan} />}
      {lesson && chapter === 3 && <LossesPart lesson={lesson} />}
      {lesson && chapter === 4 && <StepPart lesson={lesson} />}
      {lesson && chapter === 5 && (
        <Training
          key="quick"
          data={lesson.digits}
          said={said}
          options={QUICK}
          start={words.letItRun}
          ended={(bytes) => {
            newest.current = bytes;
          }}
        />
      )}
      {lesson && chapter === 6 && (
        <Training key="collapse" data={lesson.digits} said={said} options={COLLAPSE} start={words.letItCollapse} />
      )}
      {chapter === last && (
        <pre>
          <code>npx dcgan train --preset quick --limit 10000{'\n'}npx dcgan train --preset best --epochs 2</code>
        </pre>
      )}
      <div class="controls onward">
        {chapter > 0 && (
          <a class="button" href={links.learn(chapter - 1)}>
            {words.previous}
          </a>
        )}
        <a class="button main" href={chapter < last ? links.learn(chapter + 1) : links.runs}>
          {chapter < last ? words.next : words.toRuns}
        </a>
      </div>
    </section>
  );
}
