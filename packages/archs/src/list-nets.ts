import { nets } from './nets.ts'

/** Whether a name fits a pattern: `*` stands for any letters, `?` for one. */
const fits = (pattern: string): ((name: string) => boolean) => {
  const source = pattern
    .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const whole = new RegExp(`^${source}$`, 'i')
  return (name) => whole.test(name)
}

/**
 * The names of the nets that fit a pattern, in the order of the table.
 *
 * @param pattern a name, in which `*` stands for any letters and `?` for one; all nets by default
 * @param names others than those of `nets`
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { listNets } from '@resfn/archs'
 *
 * assert.deepEqual(listNets('resnet18?').length, listNets('RESNET18?').length)
 * assert.ok(listNets('*plain*').includes('cifar-plain20'))
 * ```
 */
export const listNets = (pattern = '*', names: readonly string[] = Object.keys(nets)): readonly string[] =>
  names.filter(fits(pattern))
