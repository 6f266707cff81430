import './train.css'
import { useSignal } from '@preact/signals'
import { nameOf } from '../compose/compose.tsx'
import { BackendChoice } from './backend-choice.tsx'
import { running } from '../engine/connection.ts'
import { composition } from '../place.ts'
import { text } from '../text/text.ts'
import { download } from '../ui/download.ts'
import { Choice, NumberField } from '../ui/field.tsx'
import { Charts } from './charts.tsx'
import { Inside } from './inside.tsx'
import { Judgement } from './judgement.tsx'
import {
  checkpointOf,
  curves,
  goOn,
  isCompared,
  notice,
  pause,
  phase,
  problem,
  rate,
  setRate,
  settings,
  start,
  task,
  taskOf,
} from './training.ts'

const optimisers = ['sgd', 'adam', 'adamw', 'lamb'] as const
const schedules = ['one-cycle', 'cosine', 'milestones', 'constant'] as const
const same = <A extends string>(values: readonly A[]) => values.map((value) => [value, value] as const)

const Settings = () => {
  const words = text.value.train
  const now = settings.value
  const change = (part: Partial<typeof now>): void => void (settings.value = { ...now, ...part })
  const number = (
    name: 'images' | 'epochs' | 'batch' | 'lr' | 'momentum' | 'weightDecay' | 'smoothing' | 'crop' | 'seed',
    range: { readonly min: number; readonly max: number; readonly step?: number | 'any' },
  ) => <NumberField label={words[name]} value={now[name]} {...range} onChange={(value) => change({ [name]: value })} />
  return (
    <>
      <div class="pair">
        {number('images', { min: 100, max: 10_000 })}
        {number('epochs', { min: 1, max: 200 })}
        {number('batch', { min: 2, max: 512 })}
        {number('lr', { min: 0, max: 10, step: 'any' })}
      </div>
      <details>
        <summary>{words.more}</summary>
        <div class="pair">
          <Choice
            label={words.optimiser}
            value={now.optimiser}
            values={same(optimisers)}
            onChange={(optimiser) => change({ optimiser })}
          />
          <Choice
            label={words.schedule}
            value={now.schedule}
            values={same(schedules)}
            onChange={(schedule) => change({ schedule })}
          />
          {number('momentum', { min: 0, max: 0.999, step: 'any' })}
          {number('weightDecay', { min: 0, max: 1, step: 'any' })}
          {number('smoothing', { min: 0, max: 0.9, step: 'any' })}
          {number('crop', { min: 0, max: 8 })}
          {number('seed', { min: 0, max: 2 ** 31 })}
        </div>
        <label>
          <input
            type="checkbox"
            checked={now.flip}
            onChange={({ currentTarget }) => change({ flip: currentTarget.checked })}
          />
          {words.flip}
        </label>
      </details>
    </>
  )
}

const Rate = () => {
  const words = text.value.train
  return (
    <label class="inline">
      {words.rate}: <output>{words.times(rate.value.toPrecision(2))}</output>
      <input
        type="range"
        min={-2}
        max={1}
        step={0.1}
        value={Math.log10(rate.value)}
        onInput={({ currentTarget }) => void setRate(10 ** Number(currentTarget.value))}
      />
    </label>
  )
}

const Status = () => {
  const words = text.value.train
  const of = running.value
  return (
    <div class="status">
      <p role="status">
        <strong class={`phase ${phase.value}`}>{phase.value === 'failed' ? words.failed : words[phase.value]}</strong>
        {of !== undefined && (
          <span id="running">
            {of.backend}: {of.details}
          </span>
        )}
      </p>
      {!crossOriginIsolated && <p class="help">{words.threads}</p>}
      {notice.value !== undefined && <p class="help">{words[notice.value]}</p>}
      {problem.value !== undefined && (
        <p role="alert" class="problem">
          {problem.value}
        </p>
      )}
    </div>
  )
}

const Numbers = () => {
  const words = text.value.train
  const { tracks = [] } = task.value ?? {}
  return (
    <div class="scroll">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">{words.net}</th>
            <th scope="col">{words.step}</th>
            <th scope="col">{words.loss}</th>
            <th scope="col">{words.accuracy}</th>
            <th scope="col">{words.testAccuracy}</th>
            <th scope="col">{words.speed}</th>
            <th scope="col">{words.save}</th>
          </tr>
        </thead>
        <tbody>
          {tracks.map(({ label }, track) => {
            const { last, loss, accuracy, judged } = curves.value[track]!
            const percent = (share: number | undefined): string =>
              share === undefined ? '–' : `${(100 * share).toFixed(1)}%`
            return (
              <tr key={label} data-track={track}>
                <th scope="row">
                  <span class={`dot track${track}`} aria-hidden="true" /> {label}
                </th>
                <td data-of="step">{last?.step ?? 0}</td>
                <td data-of="loss">{loss.at(-1)?.toFixed(3) ?? '–'}</td>
                <td>{percent(accuracy.at(-1))}</td>
                <td data-of="judged">{percent(judged.at(-1)?.accuracy)}</td>
                <td>
                  {last === undefined ? '–' : last.examplesPerSecond.toFixed(last.examplesPerSecond < 10 ? 1 : 0)}
                </td>
                <td>
                  <button
                    type="button"
                    class="secondary outline small"
                    aria-label={`${words.save}: ${label}`}
                    disabled={last === undefined || phase.value === 'loading'}
                    onClick={() => void checkpointOf(track).then((bytes) => download(bytes, `${label}.safetensors`))}
                  >
                    ↓
                  </button>
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

const Buttons = () => {
  const words = text.value.train
  const isBusy = phase.value === 'training' || phase.value === 'loading'
  const begin = (): void => void start(taskOf(composition.value, words))
  return (
    <div class="row">
      {phase.value === 'training' && (
        <button type="button" onClick={() => void pause()}>
          {words.pause}
        </button>
      )}
      {phase.value === 'paused' && (
        <button type="button" onClick={() => void goOn()}>
          {words.goOn}
        </button>
      )}
      {phase.value !== 'training' && (
        <button
          type="button"
          class={phase.value === 'idle' ? '' : 'secondary outline'}
          disabled={isBusy}
          aria-busy={phase.value === 'loading'}
          onClick={begin}
        >
          {phase.value === 'idle' ? words.start : words.again}
        </button>
      )}
    </div>
  )
}

/** The tab that trains. */
export const Train = () => {
  const words = text.value.train
  const of = composition.value
  const track = useSignal(0)
  const isPlain = of.kind === 'built' && of.shortcut === 'none'
  return (
    <div class="split">
      <form class="panel controls" onSubmit={(event) => event.preventDefault()}>
        <p>
          {words.net}: <strong>{nameOf(of)}</strong>
        </p>
        {of.kind === 'built' && (
          <label>
            <input
              type="checkbox"
              role="switch"
              checked={isCompared.value}
              onChange={({ currentTarget }) => (isCompared.value = currentTarget.checked)}
            />
            {isPlain ? words.counterpartPlain : words.counterpart}
          </label>
        )}
        <BackendChoice />
        <Settings />
        <Buttons />
        <Rate />
      </form>
      <div>
        <Status />
        {task.value === undefined ? (
          <p class="help">{words.none}</p>
        ) : (
          <>
            <Numbers />
            <Charts />
            {task.value.tracks.length > 1 && (
              <fieldset class="row">
                <legend>{words.net}</legend>
                {task.value.tracks.map(({ label }, i) => (
                  <label key={label}>
                    <input type="radio" name="track" checked={track.value === i} onChange={() => (track.value = i)} />
                    {label}
                  </label>
                ))}
              </fieldset>
            )}
            <Judgement track={Math.min(track.value, task.value.tracks.length - 1)} />
            <Inside track={Math.min(track.value, task.value.tracks.length - 1)} />
          </>
        )}
      </div>
    </div>
  )
}
