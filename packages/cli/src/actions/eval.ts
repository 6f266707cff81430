import { zeros } from '@tensorflow/tfjs-core'
import type { EvalFlags } from '../commands/eval.ts'
import { type Context, say } from '../context/context.ts'
import { type DataPart, isFiles } from '../data/data-part.ts'
import { describeData, type LoadedData } from '../data/load-data.ts'
import { CliError } from '../error.ts'
import type { Action } from '../output.ts'
import { startBackend } from '../run/backend.ts'
import { compileShaders } from '../run/compile-shaders.ts'
import { evaluateOn, evaluationBatch } from '../run/evaluation.ts'
import { locateNet, type LocatedNet } from '../run/located-net.ts'
import { matchClasses } from '../run/match-classes.ts'
import { photoView } from '../run/photo-preprocessing.ts'
import { type TestReading, testReading } from '../run/reading.ts'
import { dataOf, preprocessingOf } from '../run/trained-net.ts'
import { table } from '../text/layout.ts'

/** Up to so many classes are shown with what the net says instead of them. */
const shownClasses = 25

const share = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : '–')

/** The label that the net has for each class of the images; data sets have their own names for classes. */
const labelsOf = ({ classes, where, name }: LocatedNet, { source, test }: LoadedData): readonly number[] => {
  if (isFiles(test))
    return matchClasses({ title: `${name} (${where})`, classes }, { title: source.title, classes: test.classes })
  if (test.classes.length !== classes.length)
    throw new CliError(
      'OtherClasses',
      `the net tells ${classes.length} classes apart, ${source.title} has ${test.classes.length}; give the images that it was trained on with --data`,
    )
  return test.classes.map((_, label) => label)
}

const relabelled = (test: DataPart, labels: readonly number[], classes: readonly string[]): DataPart => ({
  ...test,
  labels: Int32Array.from(test.labels, (label) => labels[label]!),
  classes,
})

const readingFor = (
  context: Context,
  located: LocatedNet,
  { source }: LoadedData,
  test: DataPart,
  { normalise }: EvalFlags,
): TestReading => {
  const { loaded, preprocessing } = located
  return testReading(
    context,
    test,
    isFiles(test) || preprocessing !== undefined || loaded === undefined
      ? photoView(located)
      : preprocessingOf(context, loaded, { image: test.shape, normalise, source }),
  )
}

/** How good a net is on the test images. */
export const evalNet: Action<EvalFlags, [string]> = async (context, flags, given) => {
  const located = await locateNet(context, given, { net: flags.net })
  const { name, net, origin } = located
  const data = await dataOf(context, located, flags.data)
  const labels = labelsOf(located, data)
  const test = relabelled(data.test, labels, located.classes)
  const reading = readingFor(context, located, data, test, flags)
  const backend = await startBackend(context, flags)
  say(context, `data ${describeData(data)}`)
  const variables = await located.variables()
  const batch = Math.min(evaluationBatch(located.input), test.labels.length)
  const { params, state } = variables
  await compileShaders(context, () => net.apply(params, zeros([batch, ...located.input]), state))
  const found = await evaluateOn(net, variables, reading.evaluation())
  context.live?.clear()
  backend.dispose()
  const { examples, loss, accuracy, predictions } = found
  const top5 = predictions.ranks.reduce((count, rank) => (rank < 5 ? count + 1 : count), 0) / examples
  const { classes } = data.test
  const columns = context.columns()
  const perClass = classes.map((own, at) => ({ name: own, ...found.perClass[labels[at]!]! }))
  const confusion = labels.map((label) => labels.map((said) => found.confusion[label]![said]!))
  // What the net says, and no class of the images is.
  const others = confusion.map((row, at) => row.reduce((rest, said) => rest - said, perClass[at]!.examples))
  const isShown = classes.length <= shownClasses
  const hasOthers = located.classes.length > classes.length
  const top = located.classes.length > 5 ? `, top-5 accuracy ${top5.toFixed(4)}` : ''
  const rows = perClass.map((score) => [
    score.name,
    String(score.examples),
    share(score.precision),
    share(score.recall),
    share(score.f1),
  ])
  return {
    json: {
      ...origin,
      net: name,
      backend: backend.backend,
      data: { ...data.origin, test: examples },
      examples,
      loss,
      accuracy,
      top5,
      perClass,
      classes,
      labels,
      confusion,
      others,
      leftOut: reading.leftOut(),
    },
    text: [
      `${name}: accuracy ${accuracy.toFixed(4)}${top}, loss ${loss.toFixed(4)} on ${examples} test images`,
      '',
      table({
        rows: [['class', 'images', 'precision', 'recall', 'F1'], ...rows],
        align: ['left', 'right', 'right', 'right', 'right'],
        columns,
      }),
      '',
      ...(isShown
        ? [
            'rows: what it is; columns: what the net says',
            table({
              rows: [
                ['', ...classes.map((_, i) => String(i)), ...(hasOthers ? ['other'] : [])],
                ...confusion.map((row, at) => [
                  `${at} ${classes[at] ?? ''}`,
                  ...row.map(String),
                  ...(hasOthers ? [String(others[at])] : []),
                ]),
              ],
              align: ['left', ...classes.map(() => 'right' as const), ...(hasOthers ? ['right' as const] : [])],
              columns,
            }),
          ]
        : [`what the net says instead of each of the ${classes.length} classes: --json`]),
    ].join('\n'),
  }
}
