import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, defaultClientConditions } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'

// Inside the package, where its imports resolve.
const folder = join(import.meta.dirname, '..', '.cache')
beforeAll(() => {
  mkdirSync(folder, { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The bundle of a module, as a browser would load it. */
const bundle = async (code: string): Promise<string> => {
  const entry = join(folder, 'entry.js')
  writeFileSync(entry, code)
  const built = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@resfn/source', ...defaultClientConditions] },
    build: { write: false, lib: { entry, formats: ['es'], fileName: 'bundle' } },
  })
  const outputs = [built].flat().flatMap((result) => ('output' in result ? result.output : []))
  return outputs.map((chunk) => ('code' in chunk ? chunk.code : '')).join('')
}

it.each([
  ['tree.flatten', 'tree', "import { flatten } from '@resfn/tree'\nexport const used = flatten"],
  ['schedules.oneCycle', 'schedules', "import { oneCycle } from '@resfn/schedules'\nexport const used = oneCycle"],
  ['ops.identityAdd', 'ops', "import { identityAdd } from '@resfn/identity-add'\nexport const used = identityAdd"],
])('bundles %s into what the single package gives, byte for byte', async (used, namespace, single) => {
  const bundled = await bundle(`import { ${namespace} } from 'resfn'\nexport const used = ${used}`)
  expect(bundled).toBe(await bundle(single))
  expect(bundled.length).toBeGreaterThan(200)
})
