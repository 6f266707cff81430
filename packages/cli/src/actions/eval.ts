import type { EvalFlags } from '../commands/eval.ts'
import { say } from '../context/context.ts'
import { describeData, loadData } from '../data/load-data.ts'
import type { Action } from '../output.ts'
import { preprocessing } from '@resfn/recipe'
import { startBackend } from '../run/backend.ts'
import { openCheckpoint, variablesOf } from '../run/checkpoint-file.ts'
import { evaluateOn } from '../run/evaluation.ts'
import { table } from '../text/layout.ts'

const share = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : '–')

/** How good a checkpoint is on the test images. */
export const evalCheckpoint: Action<EvalFlags, [string]> = async (context, flags, given) => {
  const { path, checkpoint, notes, net, name } = await openCheckpoint(context, given)
  const data = await loadData(context, flags.data)
  const backend = await startBackend(context, flags)
  say(context, `data ${describeData(data)}`)
  const variables = variablesOf({ checkpoint, net, name })
  const preprocess = preprocessing(notes.settings, data.source.moments)
  const { examples, loss, accuracy, perClass, confusion } = await evaluateOn({ net, variables, preprocess }, data.test)
  backend.dispose()
  const { classes } = data.test
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
