import type { EpochEvent, EvaluationEvent, StepEvent, TrainEvent } from '@resfn/loop'
import { decodeWith, wholeNumber } from '@resfn/recipe'
import type { either as E } from 'fp-ts'
import * as v from 'valibot'
import { type Context, say } from '../context/context.ts'
import { CliError } from '../error.ts'

/** The events that are logged; those that hold a run are not data. */
export type LoggedEvent = StepEvent | EpochEvent | EvaluationEvent

/** Whether an event is logged. */
export const isLogged = <P, S>(event: TrainEvent<P, S>): event is LoggedEvent =>
  event.type === 'step' || event.type === 'epoch' || event.type === 'evaluation'

// JSON has neither NaN nor infinities; a run that diverges has both.
const oddNumbers = ['NaN', 'Infinity', '-Infinity'] as const

/** An event as a line of the log. Numbers that JSON cannot hold are strings. */
export const logLine = (event: LoggedEvent): string =>
  `${JSON.stringify(event, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  )}\n`

const number: v.GenericSchema<unknown, number> = v.union([
  v.number(),
  v.pipe(v.picklist(oddNumbers), v.transform(Number)),
])

const whole = wholeNumber({ from: 0 })

const schema: v.GenericSchema<unknown, LoggedEvent> = v.variant('type', [
  v.object({
    type: v.literal('step'),
    epoch: whole,
    batch: whole,
    step: whole,
    examples: whole,
    loss: number,
    accuracy: number,
    gradientNorm: number,
    learningRate: number,
    seconds: number,
    examplesPerSecond: number,
  }),
  v.object({
    type: v.literal('epoch'),
    epoch: whole,
    step: whole,
    examples: whole,
    loss: number,
    accuracy: number,
    learningRate: number,
  }),
  v.object({
    type: v.literal('evaluation'),
    epoch: whole,
    step: whole,
    seconds: number,
    examples: whole,
    loss: number,
    accuracy: number,
    perClass: v.array(v.object({ examples: whole, precision: number, recall: number, f1: number })),
    confusion: v.array(v.array(whole)),
  }),
])

const decoded = (line: string): E.Either<{ readonly message: string }, LoggedEvent> => {
  try {
    return decodeWith(schema, JSON.parse(line))
  } catch {
    return { _tag: 'Left', left: { message: 'it is not JSON' } }
  }
}

const remedy = 'put the log of this run back, or move it away: the run then goes on, and its report begins there'

/** The events of a log; throws a `CliError` with the number of the first line that is damaged. */
export const parseLog = (path: string, text: string): readonly LoggedEvent[] =>
  text.split('\n').flatMap((line, index) => {
    if (line === '') return []
    const event = decoded(line)
    if (event._tag === 'Left')
      throw new CliError('DamagedLog', `${path}, line ${index + 1}: ${event.left.message}; ${remedy}`)
    return [event.right]
  })

/** A log of a million steps has this size. */
const longestLog = 2 ** 28

/**
 * Checks the part of a log that a checkpoint has seen and cuts off the rest, which the run will do again. A log that
 * was moved away begins anew.
 *
 * @returns how many bytes are left
 */
export const cutLog = async (context: Context, path: string, bytes: number): Promise<number> => {
  const { files } = context
  if ((await files.kind(path)) === 'none') await files.write(path, '')
  const found = await files.size(path)
  if (found === 0 && bytes > 0) {
    say(context, `warning: ${path} is gone, so a new one begins here`)
    return 0
  }
  if (found < bytes)
    throw new CliError('DamagedLog', `${path} has ${found} bytes, and the checkpoint counts ${bytes}; ${remedy}`)
  if (bytes > longestLog)
    throw new CliError('DamagedLog', `${path}: at most ${longestLog} bytes of a log are read; ${remedy}`)
  // What comes after is cut off unread.
  const content = new Uint8Array(bytes)
  await files.readPart(path, content, 0)
  const seen = new TextDecoder().decode(content)
  parseLog(path, seen.slice(0, seen.lastIndexOf('\n') + 1))
  if (seen !== '' && !seen.endsWith('\n'))
    throw new CliError(
      'DamagedLog',
      `${path} is not the log that the checkpoint counts ${bytes} bytes of: they end inside a line; ${remedy}`,
    )
  await files.cut(path, bytes)
  return bytes
}
