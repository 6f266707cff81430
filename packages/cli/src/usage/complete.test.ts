import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { resfn, temporaryFolder } from '../fixtures/context.ts'
import { build, main } from '../fixtures/process.ts'

const proposed = async (...words: readonly string[]): Promise<readonly string[]> =>
  (await resfn(['--complete', ...words])).stdout.split('\n').slice(0, -1)

describe('completion', () => {
  it('proposes commands, flags and names', async () => {
    expect(await proposed('tr')).toEqual(['train'])
    expect(await proposed('data', '')).toEqual(['describe', 'fetch', 'verify', 'show'])
    expect(await proposed('train', '--ba')).toEqual(['--batch', '--balance', '--backend'])
    expect(await proposed('train', '--schedule', 'c')).toEqual(['constant', 'cosine'])
    expect(await proposed('train', '--preset', 'qu')).toEqual(['quick'])
    expect(await proposed('train', '--backend', 'w')).toContain('wasm')
    expect(await proposed('summary', 'd2l-r')).toEqual(['d2l-resnet18'])
    expect(await proposed('import', 'f', '--format', 'aka')).toEqual(['akamaster'])
    expect(await proposed('completion', '')).toEqual(['bash', 'zsh', 'fish'])
  })

  it('proposes nothing where the name of a file stands, so that the shell does', async () => {
    expect(await proposed('eval', '')).toEqual([])
    expect(await proposed('predict', 'run', 'sho')).toEqual([])
  })

  it('names the shells that it knows', async () => {
    expect(await resfn(['completion', 'tcsh'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('shell "tcsh": give bash, zsh or fish') as string,
    })
  })

  it.runIf(existsSync('/bin/bash'))(
    'works in bash',
    async () => {
      build()
      const cwd = temporaryFolder()
      mkdirSync(join(cwd, 'bin'))
      const command = join(cwd, 'bin', 'resfn')
      writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`)
      chmodSync(command, 0o755)
      const { stdout: script } = await resfn(['completion', 'bash'])
      const complete = (...words: readonly string[]): string => {
        const line = words.map((word) => `'${word}'`).join(' ')
        const code = `${script}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _resfn; echo "\${COMPREPLY[*]}"; complete -p resfn`
        const env = { ...process.env, PATH: `${join(cwd, 'bin')}:${process.env['PATH']}` }
        return spawnSync('/bin/bash', ['-c', code], { encoding: 'utf8', env }).stdout
      }
      expect(complete('resfn', 'su')).toBe('summary\ncomplete -o default -F _resfn resfn\n')
      expect(complete('resfn', 'train', '--net', 'd2l-r').split('\n')[0]).toBe('d2l-resnet18')
    },
    60_000,
  )
})
