import type { EvalFlags } from '../commands/eval.ts'
import { say } from '../context/context.ts'
import { type DataPart, isFiles } from '../data/data-part.ts'
import { describeData, type LoadedData } from '../data/load-data.ts'
import { CliError } from '../error.ts'
import type { Action } from '../output.ts'
import { startBackend } from '../run/backend.ts'
import { openCheckpoint, variablesOf } from '../run/checkpoint-file.ts'
import { evaluateOn } from '../run/evaluation.ts'
import { photoView } from '../run/photo-preprocessing.ts'
import { testReading } from '../run/reading.ts'
import { dataOf, type ImageSize, preprocessingOf } from '../run/trained-net.ts'
import { table } from '../text/layout.ts'

const share = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : '–')

const checkClasses = ({ source, test }: LoadedData, classes: number): void => {
  if (test.classes.length !== classes)
    throw new CliError(
      'OtherClasses',
      `the net tells ${classes} classes apart, ${source.title} has ${test.classes.length}; give the images that it was trained on with --data`,
    )
}

const imageShape = (test: DataPart): ImageSize => (isFiles(test) ? [1, 1, 3] : test.shape)

/** How good a checkpoint is on the test images. */
export const evalCheckpoint: Action<EvalFlags, [string]> = async (context, flags, given) => {
  const loaded = await openCheckpoint(context, given, flags.net)
  const { path, checkpoint, net, name } = loaded
  const data = await dataOf(context, loaded, flags.data)
  checkClasses(data, checkpoint.description.net.classes.length)
  const { source, test } = data
  const reading = testReading(context, test, {
    preprocessing: photoView(loaded),
    strict: false,
    transform: () => preprocessingOf(context, loaded, { image: imageShape(test), normalise: flags.normalise, source }),
  })
  const backend = await startBackend(context, flags)
  say(context, `data ${describeData(data)}`)
  const variables = variablesOf(loaded)
  const { examples, loss, accuracy, perClass, confusion } = await evaluateOn(net, variables, reading.evaluation())
  backend.dispose()
  const { classes } = test
  const columns = context.columns()
  const scores = perClass.map((score, label) => ({ name: classes[label] ?? `class ${label}`, ...score }))
  const rows = scores.map((score) => [
    score.name,
    String(score.examples),
    share(score.precision),
    share(score.recall),
    share(score.f1),
  ])
  return {
    json: {
      checkpoint: path,
      net: name,
      backend: backend.backend,
      data: { ...data.origin, test: examples },
      examples,
      loss,
      accuracy,
      perClass: scores,
      classes,
      confusion,
      leftOut: reading.leftOut(),
    },
    text: [
      `${name}: accuracy ${accuracy.toFixed(4)}, loss ${loss.toFixed(4)} on ${examples} test images`,
      '',
      table({
        rows: [['class', 'images', 'precision', 'recall', 'F1'], ...rows],
        align: ['left', 'right', 'right', 'right', 'right'],
        columns,
      }),
      '',
      'rows: what it is; columns: what the net says',
      table({
        rows: [
          ['', ...classes.map((_, i) => String(i))],
          ...confusion.map((row, label) => [`${label} ${classes[label] ?? ''}`, ...row.map(String)]),
        ],
        align: ['left', ...classes.map(() => 'right' as const)],
        columns,
      }),
    ].join('\n'),
  }
}
