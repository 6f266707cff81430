import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { installedTensorflow } from '@resfn/test-utils'
import { describe, expect, it } from 'vitest'
import { resfn, temporaryFolder } from './fixtures/context.ts'

const tensorflow = installedTensorflow()

describe.runIf(process.platform === 'linux')('setup native', () => {
  it('names all that is missing', async () => {
    const cwd = temporaryFolder()
    mkdirSync(join(cwd, 'empty'))
    const wrong = ['setup', 'native', '--libtensorflow', 'empty', '--compiler', 'no-such-compiler']
    const { code, stderr, stdout } = await resfn(wrong, { cwd })
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain(`libtensorflow_cc.so.2 in ${join(cwd, 'empty')}`)
    expect(stderr).toContain('a C++17 compiler: no-such-compiler: it is not installed')
  })

  it('refuses a version that the addon does not fit', async () => {
    const cwd = temporaryFolder()
    const files = {
      'libtensorflow_cc.so.2': '',
      'libtensorflow_framework.so.2': '',
      'include/tensorflow/c/eager/c_api.h': '',
      'include/tensorflow/core/public/version.h': ['MAJOR_VERSION 2', 'MINOR_VERSION 9', 'PATCH_VERSION 1']
        .map((line) => `#define TF_${line}`)
        .join('\n'),
    }
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(cwd, name)), { recursive: true })
      writeFileSync(join(cwd, name), text)
    }
    const { code, stdout } = await resfn(['setup', 'native', '--libtensorflow', '.', '--json'], { cwd })
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      error: {
        tag: 'UnsupportedVersion',
        message: expect.stringContaining('is TensorFlow 2.9.1; from 2.12 on') as string,
      },
    })
  })

  it('asks for the folder', async () => {
    const { code, stderr } = await resfn(['setup', 'native'])
    expect(code).toBe(2)
    expect(stderr).toContain('libtensorflow')
  })

  if (tensorflow !== undefined)
    it('builds the addon, checks it and keeps it', { timeout: 600_000 }, async () => {
      const cwd = temporaryFolder()
      const { code, stdout, stderr } = await resfn(['setup', 'native', '--libtensorflow', tensorflow, '--json'], {
        cwd,
      })
      expect(stderr).toMatch(/compiling @tensorflow\/tfjs-node 4\.22\.\d+ against TensorFlow 2\.\d+\.\d+/)
      expect(code).toBe(0)
      const { addon, checked } = JSON.parse(stdout) as {
        readonly addon: { readonly path: string; readonly sha256: string }
        readonly checked: { readonly device: string; readonly difference: number }
      }
      expect(addon.path).toBe(join(cwd, 'cache', 'native', `${addon.sha256.slice(0, 16)}.node`))
      expect(checked.device).toMatch(/^[CG]PU:0$/)
      expect(checked.difference).toBeLessThan(1e-5)
    })
})
