import { wholeNumber } from '@resfn/recipe'
import { nearest } from '@resfn/options'
import { checkSpace, gridPoints, type Parameter, type Space, SpaceError, type Value } from '@resfn/sweep'
import * as v from 'valibot'
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { toCliError, usageError } from '../error.ts'
import { settingsFrom } from '../run/settings.ts'
import { alternatives } from '../text/nearest.ts'
import { flagsOf, numberKind, settingNames, settingValue } from './setting.ts'
import { pointsOf, settingsOf, shownPoint, type Sweep } from './sweep.ts'

/** A file of more trials is a slip of the hand. */
const mostTrials = 10_000

/** Something wrong, and at which keys of the file. */
type Problem = { readonly path: readonly (string | number)[]; readonly message: string }

const methods = ['grid', 'random', 'halving'] as const
const objectives = ['test accuracy', 'test loss'] as const

const picklist = <const T extends readonly [string, ...string[]]>(values: T): v.GenericSchema<T[number]> =>
  v.picklist(values, ({ received }) => `give ${alternatives(values)}, not ${received}`) as v.GenericSchema<T[number]>

const record = (wanted: string): v.GenericSchema<Readonly<Record<string, unknown>>> =>
  v.custom<Readonly<Record<string, unknown>>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    wanted,
  )

const entries = {
  method: picklist(methods),
  trials: v.optional(wholeNumber({ from: 1, to: mostTrials })),
  seed: v.optional(wholeNumber({ from: 0 }), 0),
  eta: v.optional(wholeNumber({ from: 2, to: 100 })),
  jobs: v.optional(wholeNumber({ from: 1, to: 1000 })),
  objective: v.optional(picklist(objectives), 'test accuracy'),
  settings: v.optional(record('give settings of resfn train, such as epochs: 4'), {}),
  parameters: record('give what varies, such as lr: [0.1, 0.2]'),
  slurm: v.optional(record('give options of sbatch, such as partition: cpu'), {}),
}

type Frame = v.InferOutput<v.ObjectSchema<typeof entries, undefined>>

/** The line of what stands at a path, or of the last of its keys that is there. */
const lineOf = (root: Document, counter: LineCounter, path: Problem['path']): number => {
  let node = root.contents as Node | null
  let place = node?.range?.[0] ?? 0
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key: name }) => isScalar(name) && String(name.value) === String(key))
      if (pair === undefined) break
      place = (pair.key as Node).range?.[0] ?? place
      node = pair.value as Node | null
    } else if (isSeq(node)) {
      node = (node.items[Number(key)] as Node | undefined) ?? null
      place = node?.range?.[0] ?? place
    } else break
  }
  return counter.linePos(place).line
}

const unknownNames = (
  given: readonly string[],
  known: readonly string[],
  { path, kind, where }: { readonly path: Problem['path']; readonly kind: string; readonly where: string },
): readonly Problem[] =>
  given
    .filter((name) => !known.includes(name))
    .map((name) => {
      const near = nearest(
        name.replaceAll(/[A-Z_]/g, (letter) => `-${letter === '_' ? '' : letter.toLowerCase()}`),
        known,
      )
      const meant = near.length === 0 ? where : `did you mean ${alternatives(near)}? (${where})`
      return { path: [...path, name], message: `there is no ${kind} "${name}"; ${meant}` }
    })

const settingPlace = (path: Problem['path']) =>
  ({ path, kind: 'setting', where: 'settings are the flags of resfn train --help, without --' }) as const

/** What a function gives; what it throws is a problem at a path. */
const attempt = <A>(problems: Problem[], path: Problem['path'], make: () => A): A | undefined => {
  try {
    return make()
  } catch (error) {
    problems.push({ path, message: error instanceof Error ? error.message : String(error) })
    return undefined
  }
}

const rangeSchema = v.strictObject(
  {
    from: v.number('give a number'),
    to: v.number('give a number'),
    scale: v.exactOptional(picklist(['linear', 'log'])),
    count: v.exactOptional(wholeNumber({ from: 2, to: mostTrials })),
  },
  'give from, to, and if wanted scale and count',
)

const parameterOf = (problems: Problem[], name: string, given: unknown): Parameter | undefined => {
  const path = ['parameters', name]
  if (Array.isArray(given)) {
    const values = given.map((value, i) => attempt(problems, [...path, i], () => settingValue(name, value)))
    return values.includes(undefined) ? undefined : { values: values as readonly Value[] }
  }
  const kind = numberKind(name)
  if (typeof given !== 'object' || given === null) {
    problems.push({
      path,
      message: `give a list of values${kind === 'none' ? '' : ', or a range such as {from: 0.01, to: 1, scale: log}'}; what does not vary stands under settings`,
    })
    return undefined
  }
  if (kind === 'none') {
    problems.push({ path, message: 'it is not a number, so it has no range; list its values' })
    return undefined
  }
  const range = v.safeParse(rangeSchema, given)
  if (!range.success) {
    for (const issue of range.issues)
      problems.push({
        path: [...path, ...(issue.path ?? []).map(({ key }) => String(key))],
        message:
          issue.expected === 'never'
            ? 'a range has from, to, scale and count'
            : issue.received === 'undefined'
              ? 'it is missing'
              : issue.message,
      })
    return undefined
  }
  const { from, to } = range.output
  for (const [end, value] of Object.entries({ from, to }))
    attempt(problems, [...path, end], () => settingValue(name, value))
  return { ...range.output, ...(kind === 'whole' && { whole: true }) }
}

const spaceOf = (problems: Problem[], { parameters }: Frame): Space => {
  const space: { [name: string]: Parameter } = {}
  for (const name of Object.keys(parameters).filter((known) => settingNames.includes(known))) {
    const parameter = parameterOf(problems, name, parameters[name])
    if (parameter !== undefined) space[name] = parameter
  }
  return space
}

const baseOf = (problems: Problem[], { settings }: Frame): { readonly [name: string]: Value } => {
  const base: { [name: string]: Value } = {}
  for (const name of Object.keys(settings).filter((known) => settingNames.includes(known))) {
    const value = attempt(problems, ['settings', name], () => settingValue(name, settings[name]))
    if (value !== undefined) base[name] = value
  }
  return base
}

const isOption = (value: unknown): value is string | number =>
  typeof value === 'number' || (typeof value === 'string' && !/[\r\n]/.test(value))

const slurmOf = (problems: Problem[], { slurm }: Frame): { readonly [option: string]: string } => {
  const reserved = ['array', 'dependency', 'parsable', 'output', 'chdir', 'wrap']
  for (const [name, value] of Object.entries(slurm))
    if (!/^[a-z][a-z-]*$/.test(name) || reserved.includes(name))
      problems.push({
        path: ['slurm', name],
        message: 'give long options of sbatch without --, other than those that the sweep gives itself',
      })
    else if (!isOption(value)) problems.push({ path: ['slurm', name], message: 'give a text or a number' })
  return Object.fromEntries(Object.entries(slurm).map(([name, value]) => [name, String(value)]))
}

/** What the parts of a file say of each other. */
const wrongTogether = (frame: Frame, space: Space): readonly Problem[] => {
  const { method, trials, eta, settings, parameters } = frame
  const both = Object.keys(parameters).filter((name) => Object.hasOwn(settings, name))
  return [
    ...(Object.keys(parameters).length === 0
      ? [{ path: ['parameters'], message: 'give at least one setting that varies' }]
      : []),
    ...both.map((name) => ({
      path: ['parameters', name],
      message: 'it stands under settings too; it varies or it does not',
    })),
    ...(method === 'grid' && trials !== undefined
      ? [{ path: ['trials'], message: 'a grid has as many trials as points; leave it away' }]
      : []),
    ...(method !== 'grid' && trials === undefined
      ? [{ path: ['method'], message: `${method} needs the number of trials, such as trials: 20` }]
      : []),
    ...(method !== 'halving' && eta !== undefined
      ? [{ path: ['eta'], message: 'only halving has eta; leave it away' }]
      : []),
    ...(method === 'halving' && settings['epochs'] === undefined
      ? [
          {
            path: ['method'],
            message: Object.hasOwn(parameters, 'epochs')
              ? 'halving gives the epochs by itself, so they cannot vary; give those of a whole trial under settings'
              : 'halving needs the epochs of a whole trial, such as epochs: 27 under settings',
          },
        ]
      : []),
    ...Object.entries(space).flatMap(([name, parameter]) =>
      'count' in parameter && parameter.count !== undefined && method !== 'grid'
        ? [{ path: ['parameters', name, 'count'], message: `only a grid has counts; ${method} draws from the range` }]
        : [],
    ),
  ]
}

/** Settings that do not go together are told of the first trial that has them. */
const checkTrials = (sweep: Sweep): readonly Problem[] => {
  for (const [trial, point] of pointsOf(sweep).entries()) {
    const { from: _, ...settings } = settingsOf(sweep, point)
    try {
      settingsFrom(flagsOf(settings))
    } catch (error) {
      return [{ path: ['parameters'], message: `trial ${trial} (${shownPoint(point)}): ${toCliError(error).message}` }]
    }
  }
  return []
}

const checkPoints = (problems: Problem[], sweep: Sweep): void => {
  try {
    checkSpace(sweep.space)
    if (sweep.method === 'grid') {
      const { length } = gridPoints(sweep.space)
      if (length > mostTrials)
        problems.push({
          path: ['parameters'],
          message: `the grid has ${length} points; at most ${mostTrials} trials are made`,
        })
    }
  } catch (error) {
    if (!(error instanceof SpaceError)) throw error
    problems.push({ path: ['parameters', error.parameter], message: error.message.replace(`${error.parameter}: `, '') })
  }
}

const frameOf = (problems: Problem[], value: unknown): Frame | undefined => {
  const parsed = v.safeParse(v.object(entries, 'give method: and parameters:'), value)
  if (parsed.success) return parsed.output
  for (const issue of parsed.issues)
    problems.push({
      path: (issue.path ?? []).map(({ key }) => String(key)),
      message: issue.received === 'undefined' ? 'it is missing' : issue.message,
    })
  return undefined
}

const decode = (problems: Problem[], value: unknown): Sweep | undefined => {
  const frame = frameOf(problems, value)
  if (frame === undefined) return undefined
  const { method, objective, seed, jobs, eta, trials, settings, parameters } = frame
  problems.push(
    ...unknownNames(Object.keys(value as object), Object.keys(entries), {
      path: [],
      kind: 'key',
      where: `those known are ${Object.keys(entries).join(', ')}`,
    }),
    ...unknownNames(Object.keys(settings), settingNames, settingPlace(['settings'])),
    ...unknownNames(Object.keys(parameters), settingNames, settingPlace(['parameters'])),
  )
  const space = spaceOf(problems, frame)
  const base = baseOf(problems, frame)
  const slurm = slurmOf(problems, frame)
  problems.push(...wrongTogether(frame, space))
  const sweep: Sweep = {
    method,
    objective,
    seed,
    ...(trials !== undefined && { trials }),
    ...(method === 'halving' && { eta: eta ?? 3 }),
    settings: base,
    space,
    ...(jobs !== undefined && { jobs }),
    slurm,
  }
  if (problems.length === 0) checkPoints(problems, sweep)
  if (problems.length === 0) problems.push(...checkTrials(sweep))
  return sweep
}

/**
 * A sweep from the text of a file; throws a `CliError` with everything that is wrong, each with its line.
 *
 * @param path of the file, for messages
 */
export const parseSweep = (path: string, text: string): Sweep => {
  const counter = new LineCounter()
  const root = parseDocument(text, { lineCounter: counter, prettyErrors: false, stringKeys: true })
  const broken = [...root.errors, ...root.warnings].map(
    ({ message, pos: [at] }) => `${path}, line ${counter.linePos(at).line}: ${message}`,
  )
  if (broken.length > 0) throw usageError(broken.join('\n'))
  const problems: Problem[] = []
  const sweep = attempt(problems, [], () => decode(problems, root.toJS()))
  if (problems.length > 0 || sweep === undefined)
    throw usageError(
      problems
        .map((problem) => ({ ...problem, line: lineOf(root, counter, problem.path) }))
        .toSorted((a, b) => a.line - b.line)
        .map(
          ({ path: keys, message, line }) =>
            `${path}, line ${line}: ${keys.length === 0 ? '' : `${keys.join('.')}: `}${message}`,
        )
        .join('\n'),
    )
  return sweep
}
