// @ts-check
// Follows the guide "Your own photos": its commands, in a folder with a photo and a folder of photos.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stepsOf } from './examples.mjs'
import { root } from './run.mjs'

// By a path that TypeScript does not follow: scripts are checked less strictly than packages.
const { main, nodeContext } = await import(join(root, 'packages/cli/src/index.ts'))

const fixtures = join(root, 'packages/io/decode-image/src/fixtures')
const commands = stepsOf(readFileSync(join(root, 'docs/guides/your-own-photos.md'), 'utf8')).map(
  (step) => /** @type {{ command: string }} */ (step).command,
)

const cwd = mkdtempSync(join(tmpdir(), 'resfn-photos-'))
afterAll(() => rmSync(cwd, { recursive: true }))
beforeAll(() => {
  mkdirSync(join(cwd, 'photos', 'more'), { recursive: true })
  const photo = (name) => readFileSync(join(fixtures, name))
  writeFileSync(join(cwd, 'shoe.jpg'), photo('odd.jpg'))
  for (const [i, name] of ['noise.jpg', 'orientation-6.jpg', 'large.jpg'].entries())
    writeFileSync(join(cwd, 'photos', i === 0 ? 'more' : '.', name), photo(name))
  writeFileSync(join(cwd, 'photos', 'broken.jpg'), 'no picture')
  for (const [name, file] of Object.entries({ cat: 'noise.jpg', dog: 'large.jpg' })) {
    mkdirSync(join(cwd, 'mine', name), { recursive: true })
    for (let i = 0; i < 5; i++) writeFileSync(join(cwd, 'mine', name, `${i}.jpg`), photo(file))
  }
})

/** Runs a command of a shell: words, single quotes, and one file for standard input. */
const follow = async (command) => {
  const [words, input] = command.split(' < ')
  const args = [...words.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain)
  expect(args.shift()).toBe('resfn')
  let [stdout, stderr] = ['', '']
  const code = await main(args, {
    ...nodeContext(),
    cwd,
    stdin: async () => readFileSync(join(cwd, input)),
    process: {
      stdout: { write: (text) => void (stdout += text) },
      stderr: { write: (text) => void (stderr += text) },
      env: {},
    },
  })
  expect({ command, code, stderr: code === 0 ? '' : stderr }).toEqual({ command, code: 0, stderr: '' })
  return { stdout, stderr }
}

describe('the guide "Your own photos"', () => {
  it('has commands that work as it says', async () => {
    const said = {}
    for (const command of commands) said[command] = await follow(command)
    const of = (start) => said[commands.find((command) => command.startsWith(start))]
    expect(of('resfn predict shoe.jpg').stdout.split('\n')).toHaveLength(6)
    expect(of('resfn predict -').stdout).toBe(of('resfn predict shoe.jpg --net').stdout)
    expect(of('resfn predict photos').stdout).toContain('3 of 4 pictures classified, 1 left out')
    expect(of('resfn predict photos').stderr).toContain(
      `left out: ${join(cwd, 'photos', 'broken.jpg')} is not an image`,
    )
    expect(of("resfn predict 'photos/**").stdout).toContain('4 of 5 pictures classified')
    expect(readFileSync(join(cwd, 'said.csv'), 'utf8').split('\n')).toHaveLength(1 + 3 * 5 + 1 + 1)
    expect(of('resfn data mine').stdout).toContain('8 training and 2 test images of 2 classes')
    expect(of('resfn train --from clothes').stderr).toContain('a new head for 2 classes, in the place of that for 10')
    expect(of('resfn eval my-net').stdout).toContain('on 2 test images')
    expect(readFileSync(join(cwd, 'said.jsonl'), 'utf8').split('\n')).toHaveLength(4 + 1)
  })
})
