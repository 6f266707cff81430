import { buildCommand, type Command } from '@stricli/core'
import { restoreVariables } from '@resfn/loop'
import { taskEither as TE } from 'fp-ts'
import { startBackend, type BackendFlags } from '../backend.ts'
import { openCheckpoint, type Opened } from '../checkpoint-file.ts'
import { type Context, say } from '../context.ts'
import { describeData, loadData } from '../data-source.ts'
import { type CliError, toCliError } from '../error.ts'
import { type AnyVariables, evaluateOn } from '../evaluation.ts'
import { table } from '../format.ts'
import { wholeFrom } from '../numbers.ts'
import { orThrow } from '../or-throw.ts'
import { commonFlags, type CommonFlags, type Output, print } from '../output.ts'

/** The flags of all commands that run a net. */
export const backendFlags: {
  readonly backend: {
    readonly kind: 'parsed'
    readonly parse: (text: string) => string
    readonly brief: string
    readonly default: 'auto'
    readonly placeholder: 'name'
  }
  readonly threads: {
    readonly kind: 'parsed'
    readonly parse: (text: string) => number
    readonly brief: string
    readonly default: '0'
    readonly placeholder: 'n'
  }
} = {
  backend: { kind: 'parsed', parse: String, brief: 'auto, wasm, cpu, …', default: 'auto', placeholder: 'name' },
  threads: {
    kind: 'parsed',
    parse: wholeFrom(0),
    brief: 'Threads of the WASM backend; 0 for all cores',
    default: '0',
    placeholder: 'n',
  },
}

/** The weights of a checkpoint; a backend must be running. */
export const variablesOf = ({ checkpoint, net, name }: Opened): TE.TaskEither<CliError, AnyVariables> =>
  TE.fromEither(restoreAny(net, name)(checkpoint))

const restoreAny = (net: Opened['net'], name: string) => (checkpoint: Opened['checkpoint']) => {
  const restored = restoreVariables({ net, name, input: checkpoint.description.net.input })(checkpoint)
  return restored._tag === 'Left'
    ? { _tag: 'Left' as const, left: toCliError(restored.left) }
    : { _tag: 'Right' as const, right: restored.right as AnyVariables }
}

type Flags = CommonFlags & BackendFlags & { readonly data: string }

const share = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : '–')

/** How good a checkpoint is on the test images. */
export const evalCheckpoint = (context: Context, flags: Flags, given: string): TE.TaskEither<CliError, Output> =>
  TE.tryCatch(async () => {
    const opened = await orThrow(openCheckpoint(context, given))
    const data = await orThrow(loadData(context, flags.data))
    const backend = await orThrow(startBackend(context, flags))
    say(context, `data ${describeData(data)}`)
    const variables = await orThrow(variablesOf(opened))
    const { examples, loss, accuracy, perClass, confusion } = await evaluateOn(
      { net: opened.net, variables, preprocessing: opened.kept.settings },
      data.test,
    )
    backend.dispose()
    const { classes } = data.test
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
        checkpoint: opened.path,
        net: opened.name,
        backend: backend.backend,
        data: { ...data.source, test: examples },
        examples,
        loss,
        accuracy,
        perClass: scores,
        classes,
        confusion,
      },
      text: [
        `${opened.name}: accuracy ${accuracy.toFixed(4)}, loss ${loss.toFixed(4)} on ${examples} test images`,
        '',
        table(
          [['class', 'images', 'precision', 'recall', 'F1'], ...rows],
          ['left', 'right', 'right', 'right', 'right'],
        ),
        '',
        'rows: what it is; columns: what the net says',
        table(
          [
            ['', ...classes.map((_, i) => String(i))],
            ...confusion.map((row, label) => [`${label} ${classes[label] ?? ''}`, ...row.map(String)]),
          ],
          ['left', ...classes.map(() => 'right' as const)],
        ),
      ].join('\n'),
    }
  }, toCliError)

export const evalCommand: Command<Context> = buildCommand<Flags, [string], Context>({
  docs: {
    brief: 'Evaluate a checkpoint on the test images',
    fullDescription:
      'Evaluates a checkpoint, or the one in the folder of a run, on the test images: accuracy, loss, precision, recall and F1 of each class, confusion matrix.',
  },
  parameters: {
    flags: {
      data: {
        kind: 'parsed',
        parse: String,
        brief: 'Folder with the four files of Fashion-MNIST, subset, or auto',
        default: 'auto',
        placeholder: 'dir|subset',
      },
      ...backendFlags,
      ...commonFlags,
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'Checkpoint file or folder of a run', parse: String, placeholder: 'checkpoint' }],
    },
  },
  func(flags, checkpoint) {
    return print(this, flags, evalCheckpoint(this, flags, checkpoint))
  },
})
