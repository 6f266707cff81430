const kindOf = (value: object): string => {
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' && name !== 'Object' ? name : 'record'
}

/**
 * A value as messages print it: strings in quotes, so that `'16'` is not taken for 16, and records by their names.
 *
 * @param value anything
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { show } from '@resfn/options'
 *
 * assert.deepEqual([16, '16', [3, '3'], { out: 8 }].map(show), ['16', "'16'", "[3, '3']", 'a record of out'])
 * ```
 */
export const show = (value: unknown): string => {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const kind = kindOf(value)
  if (kind !== 'record') return `a ${kind}`
  const names = Object.keys(value)
  return names.length === 0 ? 'an empty record' : `a record of ${names.join(', ')}`
}
