import './lessons.css'
import { signal } from '@preact/signals'
import { lessons } from 'virtual:lessons'
import { language, text } from '../text/text.ts'
import { Copy } from '../ui/copy.tsx'
import { program, run, stop } from './running.ts'

/** The lesson that is shown. */
const chosen = signal(lessons[0]!.name)

/** Programs that someone changed, by their lessons. */
const changed = signal<{ readonly [lesson: string]: string }>({})

/** A part of a text; it is of this site, and was made when the site was built. */
const Part = ({ html }: { readonly html: string }) => <div class="prose" dangerouslySetInnerHTML={{ __html: html }} />

const Output = ({ lesson }: { readonly lesson: string }) => {
  const words = text.value.lessons
  const of = program.value
  if (of?.lesson !== lesson) return null
  return (
    <>
      <p role="status" data-state={of.state}>
        {words.states[of.state]}
      </p>
      {/* It scrolls, so it can be reached with the keyboard. */}
      <pre class="output" role="log" aria-label={words.output} tabIndex={0}>
        {of.lines.join('\n')}
      </pre>
      {of.problem !== undefined && (
        <p role="alert" class="problem">
          {of.problem.line !== undefined && `${words.line(of.problem.line)} `}
          {of.problem.text}
        </p>
      )}
    </>
  )
}

const Code = ({ lesson, code }: { readonly lesson: string; readonly code: string }) => {
  const words = text.value.lessons
  const source = changed.value[lesson] ?? code
  const change = (to: string): void => void (changed.value = { ...changed.value, [lesson]: to })
  const isRunning = program.value?.lesson === lesson && program.value.state === 'running'
  return (
    <section class="panel" aria-label={words.code}>
      <textarea
        class="program"
        aria-label={words.code}
        spellcheck={false}
        autocapitalize="off"
        wrap="off"
        rows={source.split('\n').length + 1}
        value={source}
        onInput={({ currentTarget }) => change(currentTarget.value)}
      />
      <div class="row">
        {isRunning ? (
          <button type="button" onClick={stop}>
            {words.stop}
          </button>
        ) : (
          <button type="button" onClick={() => run(lesson, source)}>
            {words.run}
          </button>
        )}
        <button type="button" class="secondary outline" disabled={source === code} onClick={() => change(code)}>
          {words.reset}
        </button>
        <Copy label={text.value.compose.copy} content={() => source} />
      </div>
      <Output lesson={lesson} />
    </section>
  )
}

/** The course: each lesson with its text, and its code, which can be changed and run. */
export const Lessons = () => {
  const words = text.value.lessons
  const { name, code, texts } = lessons.find((lesson) => lesson.name === chosen.value)!
  const { before, between, after } = texts[language.value]
  return (
    <div class="split">
      <nav class="panel" aria-label={words.list}>
        <ol class="course">
          {lessons.map((lesson) => (
            <li key={lesson.name}>
              <button
                type="button"
                class="chip"
                aria-current={lesson.name === name ? 'true' : undefined}
                onClick={() => (chosen.value = lesson.name)}
              >
                {lesson.texts[language.value].title}
              </button>
            </li>
          ))}
        </ol>
      </nav>
      <article key={name}>
        <Part html={before} />
        <p class="help">
          {words.measure} <code>resfn lesson {name}</code>
        </p>
        <Part html={between} />
        <Code lesson={name} code={code} />
        <Part html={after} />
      </article>
    </div>
  )
}
