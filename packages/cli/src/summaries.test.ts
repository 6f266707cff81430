import { nets } from '@resfn/archs'
import { describe, expect, it } from 'vitest'
import { resfn } from './fixtures/context.ts'

type Row = { readonly depth: number; readonly params: number; readonly macs: number }
type Summary = {
  readonly net: string
  readonly params: number
  readonly macs: number
  readonly output: readonly number[]
  readonly layers: readonly Row[]
}

describe('resfn summary', () => {
  it.each(Object.entries(nets))('of %s adds up, layer by layer', async (name, { classes }) => {
    const [asJson, asText] = [await resfn(['summary', name, '--json']), await resfn(['summary', name, '--depth', '1'])]
    const { net, params, macs, output, layers } = JSON.parse(asJson.stdout) as Summary
    expect([net, output]).toEqual([name, [classes]])
    const total = (column: 'params' | 'macs'): number =>
      layers.filter(({ depth }) => depth === 0).reduce((sum, row) => sum + row[column], 0)
    expect([total('params'), total('macs')]).toEqual([params, macs])
    expect(asText).toMatchObject({ code: 0, stderr: '' })
    expect(asText.stdout).toContain(`${params.toLocaleString('en')} parameters`)
  })
})
