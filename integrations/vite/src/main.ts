import type { Chosen } from '@resfn/runtime'
import * as tf from '@tensorflow/tfjs-core'
import { startBackend } from './backend.ts'
import { bytesOf, learn, loadImages, loadModel, predict, type Seen, warmUpFor } from './learn.ts'
import { offer, show, showLosses, showPredictions } from './view.ts'

/** What Node got from the same checkpoint. */
type Expected = {
  readonly backend: string
  readonly node: string
  readonly logits: readonly (readonly number[])[]
  readonly losses: readonly number[]
}

const largestDifference = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number =>
  Math.max(...a.flatMap((row, i) => row.map((value, j) => Math.abs(value - (b[i]?.[j] ?? Number.NaN)))))

const rate = ({ examplesPerSecond }: Seen): string =>
  `${examplesPerSecond.toFixed(examplesPerSecond < 10 ? 1 : 0)} images a second`

const describe = ({ backend, details }: Chosen): string => `${backend} (${details})`

const main = async (choice: string, steps?: number): Promise<void> => {
  const chosen = await startBackend(choice)
  show('backend', describe(chosen), 'good')
  show(
    'reason',
    [chosen.reason, ...chosen.tried.map(({ backend, reason }) => `${backend} not used: ${reason}`)].join('; '),
  )
  show('isolated', crossOriginIsolated ? 'yes' : 'no')

  const expected = (await (await fetch('/expected.json')).json()) as Expected
  const [model, { shown, few }] = await Promise.all([loadModel('/checkpoint.safetensors'), loadImages()])
  show('model', `${model.name}, ${model.run.step} steps in Node ${expected.node} on ${expected.backend}`)

  const warmedUp = await warmUpFor(model, shown, ({ compiled, programs }) =>
    show('progress', `compiled ${compiled} of ${programs} programs`),
  )
  const logits = await predict(model, shown)
  const difference = largestDifference(logits, expected.logits)
  show('difference', difference.toExponential(1), difference < 1e-4 ? 'good' : 'bad')
  const correct = showPredictions(shown, logits)
  show('correct', `${correct} of ${logits.length}`)

  const seen: Seen[] = []
  showLosses(seen, expected.losses.slice(0, steps ?? expected.losses.length))
  const learning = learn(model, few, steps)
  let next = await learning.next()
  for (; next.done !== true; next = await learning.next()) {
    const step = next.value
    seen.push(step)
    showLosses(seen, expected.losses.slice(0, steps ?? expected.losses.length))
    show('progress', `step ${step.step} of ${step.of}, loss ${step.loss.toFixed(4)}, ${rate(step)}`)
  }
  offer('save', await bytesOf(model, next.value))
  const [first, last] = [seen[0], seen.at(-1)]
  if (first === undefined || last === undefined) throw new Error('the training ended before its first step')
  show(
    'progress',
    `${seen.length} steps, loss ${first.loss.toFixed(4)} to ${last.loss.toFixed(4)}, ${rate(last)}`,
    last.loss < first.loss ? 'good' : 'bad',
  )

  // For tests: what ran, as data.
  const result = {
    choice,
    backend: tf.getBackend(),
    details: chosen.details,
    tried: chosen.tried,
    isolated: crossOriginIsolated,
    warmedUp,
    difference,
    logits,
    losses: seen.map(({ loss }) => loss),
    tensors: seen.map(({ tensors }) => tensors),
  }
  document.body.dataset.result = JSON.stringify(result)
}

// ?backend=webgl&steps=5
const asked = new URLSearchParams(location.search)
const choice = asked.get('backend') ?? 'auto'
const steps = Number(asked.get('steps'))
for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a'))
  if (link.dataset.backend === choice) link.setAttribute('aria-current', 'page')

main(choice, steps > 0 ? steps : undefined).catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error)
  show('backend', message, 'bad')
  document.body.classList.add('failed')
  document.body.dataset.result = JSON.stringify({ choice, error: message })
})
