import { nearest } from '@resfn/options'
import { PathError } from './path-error.ts'

/** The stages of the nets by the names that they have in published weights. */
const isStage = (name: string): boolean => /^(layer|denseblock)\d+$/.test(name)

const firstOf = (path: string): string => path.split('.', 1)[0]!

/** The names before the first stage; none in a net without stages. */
const stemOf = (paths: readonly string[]): readonly string[] => {
  const names = [...new Set(paths.map(firstOf))]
  return names.slice(
    0,
    Math.max(
      0,
      names.findIndex((name) => isStage(name)),
    ),
  )
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)

/** `layer1..3` as `layer1`, `layer2`, `layer3`. */
const spread = (pattern: string): readonly string[] => {
  const range = /^(.*?)(\d+)\.\.(\d+)(.*)$/.exec(pattern)
  if (range === null) return [pattern]
  const [from, to] = [Number(range[2]), Number(range[3])]
  if (from > to || to - from > 1000)
    throw new PathError(pattern, 'a range goes from a number to a larger one, such as layer1..3')
  return Array.from({ length: to - from + 1 }, (_, i) => `${range[1]}${from + i}${range[4]}`).flatMap(spread)
}

/** Whether a path is what the glob says, or inside it. */
const fits = (glob: string): ((path: string) => boolean) => {
  const source = escaped(glob)
    .replaceAll('**', '\0')
    .replaceAll('*', '[^.]*')
    .replaceAll('?', '[^.]')
    .replaceAll('\0', '.*')
  const whole = new RegExp(`^${source}(\\..*)?$`)
  return (path) => whole.test(path)
}

const missing = (pattern: string, paths: readonly string[]): PathError => {
  const beginnings = (path: string): readonly string[] =>
    path.split('.').map((_, i, own) => own.slice(0, i + 1).join('.'))
  const near = nearest(pattern, [...new Set(paths.flatMap(beginnings))])
  const names = [...new Set(paths.map(firstOf))]
  return new PathError(
    pattern,
    `nothing has such a path; ${near.length === 0 ? `the first names are ${names.join(', ')}` : `did you mean ${near.join(' or ')}?`}`,
  )
}

/**
 * The paths that patterns choose, in their order. A pattern is a path, which chooses what is inside it as well, with
 * `*` for any letters of a name, `?` for one, `**` for any names, `1..3` for the numbers of a range, or `stem` for what
 * stands before the first stage. Several patterns may stand in one string with "," between them.
 *
 * @param patterns such as `stem, layer1..3` or `layer*.*.bn1`
 * @param paths the paths to choose from, such as those of the parts or of the parameters of a net, in the order they
 * run
 * @throws PathError for a pattern that chooses nothing, with the nearest paths
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { choosePaths } from '@resfn/layer'
 *
 * const paths = ['conv1.weight', 'layer1.0.weight', 'layer2.0.weight', 'layer3.0.weight', 'fc.weight']
 * assert.deepEqual(choosePaths('stem, layer1..2', paths), paths.slice(0, 3))
 * assert.throws(() => choosePaths('layer4', paths), /layer4: nothing has such a path/)
 * ```
 */
export const choosePaths = (patterns: string, paths: readonly string[]): readonly string[] => {
  const chosen = patterns.split(',').map((written) => {
    const pattern = written.trim()
    const stem = pattern === 'stem' ? stemOf(paths) : []
    const tests = (stem.length > 0 ? stem : spread(pattern)).map((glob) => ({ glob, test: fits(glob) }))
    for (const { glob, test } of tests) if (!paths.some(test)) throw missing(glob, paths)
    return (path: string) => tests.some(({ test }) => test(path))
  })
  return paths.filter((path) => chosen.some((test) => test(path)))
}
