// Teaches a net classes of someone's own: first a head on its features, then, if asked, all of it.
import { type Batches, batches, batchesInOrder, type Cursor, type ImageSet, select } from '@resfn/batches'
import { dense } from '@resfn/dense'
import type { Layer } from '@resfn/layer'
import { evaluate, train, type Training } from '@resfn/loop'
import { crossEntropy } from '@resfn/losses'
import { adam } from '@resfn/optimisers'
import type { Pixels as Picture, Preprocessing } from '@resfn/preprocessing'
import { key } from '@resfn/random'
import { constantRate, cosine } from '@resfn/schedules'
import { type Run, startRun } from '@resfn/step'
import { embed, headPath, initHead, withHead } from '@resfn/surgery'
import { compose, normalise, randomCrop, randomHorizontalFlip } from '@resfn/transforms'
import { dispose, map } from '@resfn/tree'
import { clone, tensor, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { madeFor } from './answer.ts'
import type { Model } from './model.ts'
import type { Lesson, Taught, TeachSeen } from './protocol.ts'

/** Passes over the features, and over the pictures. */
const [headEpochs, wholeEpochs] = [100, 10]
const seed = 0

/** Every so many pictures of a class, one is held back to test with. */
const heldBack = 5

const normalised = ({ mean, std }: Preprocessing) => normalise({ mean, std })

type Parts = { readonly learned: ImageSet; readonly held: ImageSet }

/** The pictures as the net takes them, apart by what is learned and what is held back. */
const setsOf = (model: Model, { classes }: Lesson): Parts => {
  const [height, width] = model.preprocessing.size
  const { channels } = model.preprocessing
  const size = height * width * channels
  const pictures = classes.flatMap(({ pictures: own }, label) => own.map((picture) => ({ picture, label })))
  const images = new Uint8Array(pictures.length * size)
  pictures.forEach(({ picture }, i) =>
    images.set(madeFor(model, { ...picture, channels: 4 } as Picture).pixels.data, i * size),
  )
  const all: ImageSet = {
    images,
    labels: Uint8Array.from(pictures, ({ label }) => label),
    shape: [height, width, channels],
    classes: classes.map(({ name }) => name),
  }
  const places = classes.flatMap(({ pictures: own }) => own.map((_, i) => i % heldBack === heldBack - 1))
  const where = (isHeld: boolean) => Uint32Array.from(places.flatMap((held, i) => (held === isHeld ? [i] : [])))
  const held = where(true)
  // With few pictures there is nothing to hold back.
  return { learned: select(all, where(false)), held: held.length === 0 ? all : select(all, held) }
}

/** What a net sees in each picture: the values before its head. */
const featuresOf = async (
  model: Model,
  set: ImageSet,
): Promise<{ readonly values: Float32Array; readonly width: number }> => {
  const { net, params, state, preprocessing } = model
  const body = embed(net)
  const parts: Float32Array[] = []
  for await (const { images, shape } of batchesInOrder(set, { size: 32, transform: normalised(preprocessing) })) {
    const y = tidy(() => body.apply(params, tensor(images, [...shape]), state))
    parts.push((await y.data()) as Float32Array)
    y.dispose()
  }
  const values = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  parts.reduce((at, part) => (values.set(part, at), at + part.length), 0)
  return { values, width: values.length / set.labels.length }
}

type HeadRun = Run<unknown, unknown>

/** Takes the events of a training to its end. */
const finished = async (
  training: Training<unknown, unknown>,
  first: HeadRun,
  seen: (epoch: number, loss: number) => void,
): Promise<HeadRun> => {
  for await (const event of train(training, first)) {
    if (event.type === 'epoch') seen(event.epoch, event.loss)
    if (event.type === 'lost') throw event.error
    if (event.type === 'done') return event.run
  }
  throw new Error('the training ended without its last event')
}

/** A head that tells classes by features, which do not change while it learns: so each is computed once. */
const taughtHead = async (
  { values, width }: { readonly values: Float32Array; readonly width: number },
  labels: Int32Array,
  classes: number,
  report: (what: TeachSeen) => void,
): Promise<HeadRun> => {
  const examples = { images: values, shape: [labels.length, width], labels }
  // One batch a pass: all features together are smaller than one picture.
  async function* passes(start: Cursor): AsyncGenerator<Batches extends AsyncIterable<infer B> ? B : never> {
    for (let epoch = start.epoch; ; epoch++)
      yield { ...examples, cursor: { epoch, batch: 0 }, next: { epoch: epoch + 1, batch: 0 } }
  }
  const net = dense({ out: classes }) as Layer<unknown, unknown>
  const optimiser = adam()
  return finished(
    { net, optimiser, loss: crossEntropy(), schedule: constantRate(0.01), batches: passes, epochs: headEpochs },
    startRun(net, { optimiser, key: key(seed), input: [width] }),
    (epoch, loss) => report({ type: 'teaching', part: 'head', done: (epoch + 1) / headEpochs, loss }),
  )
}

/** `tidy` for trees whose types it does not know. */
const tidied = <A>(make: () => A): A => tidy(make as () => never)

/** The net with a head of its own for the classes; its variables are copies. */
const withOwnHead = (model: Model, head: HeadRun, classes: readonly string[]): Model => {
  const net = withHead(model.net, classes.length)
  const path = headPath(net)
  const { params, state } = tidied(() => {
    const drawn = initHead(net, model, key(seed), model.input)
    const own = head.params as { readonly [name: string]: Tensor }
    const placed = map(drawn.params, (leaf: Tensor, at: string) =>
      clone(at.startsWith(`${path}.`) ? (own[at.slice(path.length + 1)] ?? leaf) : leaf),
    )
    return { params: placed, state: map(drawn.state, (leaf: Tensor) => clone(leaf)) }
  })
  return { ...model, net, params, state, classes }
}

/** All layers learn a little more, on pictures that are mirrored and moved. */
const taughtWhole = async (model: Model, set: ImageSet, report: (what: TeachSeen) => void): Promise<Model> => {
  const { net, preprocessing, input } = model
  const optimiser = adam()
  const size = Math.min(16, set.labels.length)
  const steps = wholeEpochs * Math.ceil(set.labels.length / size)
  const transform = compose(
    randomHorizontalFlip(),
    randomCrop({ padding: Math.max(1, Math.round(preprocessing.size[0] / 14)) }),
    normalised(preprocessing),
  )
  const fresh = startRun(net, { optimiser, key: key(seed), input })
  const first = { ...fresh, params: model.params, state: model.state }
  dispose([fresh.params, fresh.state])
  const run = await finished(
    {
      net,
      optimiser,
      loss: crossEntropy({ smoothing: 0.05 }),
      schedule: cosine({ rate: 1e-3, steps }),
      batches: (start: Cursor) => batches(set, { size, key: key(seed), transform, start }),
      epochs: wholeEpochs,
    },
    first,
    (epoch, loss) => report({ type: 'teaching', part: 'all', done: (epoch + 1) / wholeEpochs, loss }),
  )
  dispose(run.optimiser)
  return { ...model, params: run.params, state: run.state }
}

const accuracyOn = async ({ net, params, state, preprocessing }: Model, set: ImageSet): Promise<number> => {
  const examples = batchesInOrder(set, { size: 32, transform: normalised(preprocessing) })
  return (await evaluate((x) => net.apply(params, x, state), examples)).accuracy
}

/** A lesson's pictures must be enough to tell two things apart. */
const checkLesson = ({ classes }: Lesson): void => {
  if (classes.length < 2) throw new Error('give at least two classes')
  const names = classes.map(({ name }) => name.trim())
  const again = names.find((name, i) => names.indexOf(name) !== i)
  if (again !== undefined) throw new Error(`two classes are called "${again}"; give each a name of its own`)
  for (const { name, pictures } of classes)
    if (pictures.length < 2) throw new Error(`the class "${name}" has ${pictures.length} pictures; give at least two`)
}

/** The net that learned the lesson, and how good it is; the base stays. */
export const teach = async (
  base: Model,
  lesson: Lesson,
  report: (what: TeachSeen) => void,
): Promise<{ readonly model: Model; readonly taught: Taught }> => {
  checkLesson(lesson)
  const { learned, held } = setsOf(base, lesson)
  const { classes } = learned
  const head = await taughtHead(
    await featuresOf(base, learned),
    Int32Array.from(learned.labels),
    classes.length,
    report,
  )
  const withHeadOnly = withOwnHead(base, head, classes)
  dispose([head.params, head.state, head.optimiser])
  const model = lesson.part === 'head' ? withHeadOnly : await taughtWhole(withHeadOnly, learned, report)
  return {
    model,
    taught: { accuracy: await accuracyOn(model, held), tested: held.labels.length, learned: learned.labels.length },
  }
}
