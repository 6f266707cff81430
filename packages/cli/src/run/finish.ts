import { relative } from 'node:path'
import { summary } from '@resfn/layer'
import { bestEpoch } from '@resfn/loop'
import { confusion as confusionOf } from '@resfn/losses'
import { describeRecipe } from '@resfn/recipe'
import { weightsOf } from '@resfn/step'
import { dispose } from '@resfn/tree'
import type { Context } from '../context/context.ts'
import { describeData } from '../data/load-data.ts'
import type { Output } from '../output.ts'
import { count, duration, short } from '../text/format.ts'
import { evaluateOn } from './evaluation.ts'
import { type LoggedEvent, parseLog } from './event-log.ts'
import { howToGoOn } from './run-folder.ts'
import { repeatCommand, settingFacts } from './repeat.ts'
import type { OpenRun } from './train-run.ts'
import { wholeOf } from './training-setup.ts'

/** Seconds of all steps and evaluations, also of those before an interruption. */
const secondsOf = (log: readonly LoggedEvent[]): number =>
  log.reduce((total, event) => (event.type === 'epoch' ? total : total + event.seconds), 0)

const lastOf = <T extends LoggedEvent['type']>(
  log: readonly LoggedEvent[],
  type: T,
): Extract<LoggedEvent, { readonly type: T }> | undefined =>
  log.findLast((event): event is Extract<LoggedEvent, { readonly type: T }> => event.type === type)

const result = (open: OpenRun, log: readonly LoggedEvent[]): { readonly [name: string]: unknown } => {
  const { setup, files, backend, run } = open
  const { settings, size, data, set } = setup
  const [trained, tested] = [lastOf(log, 'epoch'), lastOf(log, 'evaluation')]
  return {
    run: files.folder,
    files: { args: files.args, log: files.log, checkpoint: files.checkpoint, report: files.report },
    net: settings.net,
    preset: settings.preset,
    ...size,
    backend: backend.backend,
    threads: backend.threads ?? null,
    ranks: setup.replicas?.size ?? 1,
    data: { ...data.origin, train: set.labels.length, test: data.test.labels.length },
    epochs: settings.epochs,
    epochsDone: run.history.length,
    paused: open.isPaused === true,
    steps: run.step,
    seconds: secondsOf(log),
    train: trained === undefined ? null : { loss: trained.loss, accuracy: trained.accuracy },
    test: tested === undefined ? null : { loss: tested.loss, accuracy: tested.accuracy },
    leftOut: setup.reading.leftOut(),
  }
}

/** Whether a run ended because it waited long enough for a better evaluation. */
const hasStalled = ({ setup, run }: OpenRun): boolean => {
  const { patience } = setup.settings
  const best = bestEpoch(run.history)
  return patience > 0 && best !== undefined && run.history.at(-1)!.epoch - best >= patience
}

const warningsOf = (open: OpenRun, log: readonly LoggedEvent[]): readonly string[] => {
  const { notes, setup, run } = open
  const [first, tested] = [log[0], lastOf(log, 'evaluation')]
  const { engines } = notes
  const leftOut = setup.reading.leftOut()
  return [
    ...(open.isPaused === true
      ? [
          `The run is paused after ${run.history.length} of ${setup.settings.epochs} epochs; ${howToGoOn(open.files.folder)}`,
        ]
      : run.history.length < setup.settings.epochs && !hasStalled(open)
        ? [
            `The training stopped after step ${run.step}, because the loss or the gradients of the next one were not finite. A smaller learning rate may help.`,
          ]
        : []),
    ...(tested !== undefined && !Number.isFinite(tested.loss)
      ? [`The test loss is ${tested.loss}: the training diverged. A smaller learning rate may help.`]
      : []),
    ...(engines.length > 1
      ? [`The run was computed by ${engines.join(', then ')}. The weights are not exactly those of one of them alone.`]
      : []),
    ...(leftOut.length > 0
      ? [
          `${count(leftOut.length)} ${leftOut.length === 1 ? 'photo' : 'photos'} could not be read and ${leftOut.length === 1 ? 'was' : 'were'} left out: ${leftOut
            .slice(0, 10)
            .map(({ path, reason }) => `${path} ${reason}`)
            .join('; ')}${leftOut.length > 10 ? '; …' : ''}`,
        ]
      : []),
    ...(first !== undefined && first.step > 1
      ? [`The log begins at step ${first.step}: what was before it is lost.`]
      : []),
  ]
}

const page = async (context: Context, open: OpenRun, log: readonly LoggedEvent[]): Promise<string> => {
  const { setup, learner, backend, notes, run } = open
  const { settings, data, set, net, input, size, batches, reading } = setup
  // The last evaluation has them, unless the run was over or failed before one.
  const predictions =
    open.predictions ?? (await evaluateOn(learner.net, weightsOf(run), reading.evaluation())).predictions
  const confusion = confusionOf(data.test.classes.length)(predictions.labels, predictions.predicted)
  const hits = confusion.reduce((total, row, label) => total + row[label]!, 0)
  const tested = lastOf(log, 'evaluation')
  // Loaded here: drawing takes a while to start, and only a finished run needs it.
  const { reportPage } = await import('./report-page.ts')
  return reportPage({
    title: `${settings.net} on ${data.source.title}`,
    subtitle: `preset ${settings.preset} · ${count(set.labels.length)} training images, ${count(data.test.labels.length)} test images · ${new Date(context.now()).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    warnings: warningsOf(open, log),
    headline: [
      { name: 'test accuracy', value: (hits / predictions.labels.length).toFixed(3) },
      ...(tested === undefined ? [] : [{ name: 'test loss', value: tested.loss.toFixed(3) }]),
      { name: 'parameters', value: short(size.params) },
      { name: 'multiply-adds', value: short(size.macs) },
      { name: 'time', value: duration(secondsOf(log)) },
    ],
    command: repeatCommand(settings),
    settings: settingFacts(settings),
    net: summary(net, input).rows.filter(({ depth }) => depth === 0),
    facts: [
      {
        name: 'net',
        value: `${settings.net} on ${input.join(' x ')}, ${count(size.params)} parameters, ${count(size.macs)} multiply-adds an image`,
      },
      { name: 'data', value: describeData(data) },
      { name: 'recipe', value: `${settings.epochs} epochs, ${describeRecipe(settings)}` },
      ...(setup.teacher === undefined
        ? []
        : [
            {
              name: 'teacher',
              value: `${setup.teacher.name} from ${setup.teacher.where}, ${settings.distillation} of the loss, temperature ${settings.temperature}`,
            },
          ]),
      { name: 'backend', value: `${backend.backend} (${backend.details})` },
      { name: 'machine', value: context.machine },
      ...(context.ranks === undefined
        ? []
        : [{ name: 'ranks', value: `${context.ranks.collective.size} (${context.ranks.engine})` }]),
      {
        name: 'versions',
        value: Object.entries(context.versions)
          .map(([name, version]) => `${name} ${version}`)
          .join(', '),
      },
      { name: 'started', value: new Date(notes.started).toISOString() },
    ],
    log,
    batches,
    test: data.test,
    reading,
    confusion,
    predictions,
    looking: { net, ...wholeOf(learner, weightsOf(run)) },
  })
}

/** Writes the report of a run as it is now; returns its log. */
export const writeReport = async (context: Context, open: OpenRun): Promise<readonly LoggedEvent[]> => {
  const { files } = open
  const log = parseLog(files.log, await context.files.readText(files.log))
  await context.files.write(files.report, await page(context, open, log))
  return log
}

/** Writes the report of a run that is over or paused, and says what it came to; takes the run. */
export const finishRun = async (context: Context, open: OpenRun): Promise<Output> => {
  const { files } = open
  try {
    const log = await writeReport(context, open)
    const tested = lastOf(log, 'evaluation')
    const shown = (path: string): string => relative(context.cwd, path) || '.'
    return {
      json: result(open, log),
      text: [
        `${tested === undefined ? '' : `test accuracy ${tested.accuracy.toFixed(4)}, test loss ${tested.loss.toFixed(4)}, `}${duration(secondsOf(log))}`,
        `report      ${shown(files.report)}`,
        `checkpoint  ${shown(files.checkpoint)}`,
        `log         ${shown(files.log)}`,
        ...(open.isPaused === true
          ? [
              `paused after ${open.run.history.length} of ${open.setup.settings.epochs} epochs; ${howToGoOn(shown(files.folder))}`,
            ]
          : []),
      ].join('\n'),
    }
  } finally {
    dispose([open.run, open.learner.whole, open.setup.teacher?.variables])
  }
}
