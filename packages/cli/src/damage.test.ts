import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { resfn, temporaryFolder } from './fixtures/context.ts'
import { damagedBytes, damagedCheckpoint, damagedJson, damagedLog, type Draw, drawFrom } from './fixtures/damage.ts'
import { writeImages } from './fixtures/images.ts'

const cwd = temporaryFolder()
const whole = join(cwd, 'whole')
const run = join(cwd, 'run')

// The training is asked to stop before its first step, so that no damaged setting makes it long.
const stopped = AbortSignal.abort('SIGINT')
const atOnce = { cwd, interrupts: () => ({ signal: stopped, release: () => {} }) }

type Damage = readonly [file: string, damage: (draw: Draw, bytes: Uint8Array) => Uint8Array | string]

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const damages: readonly Damage[] = [
  ['checkpoint.safetensors', damagedBytes],
  ['checkpoint.safetensors', damagedBytes],
  ['checkpoint.safetensors', damagedCheckpoint],
  ['checkpoint.safetensors', damagedCheckpoint],
  ['checkpoint.safetensors', damagedCheckpoint],
  ['log.jsonl', damagedBytes],
  ['log.jsonl', damagedBytes],
  ['log.jsonl', (draw, bytes) => damagedLog(draw, text(bytes))],
  ['args.json', (draw, bytes) => JSON.stringify(damagedJson(draw, JSON.parse(text(bytes))))],
]

const commands: readonly (readonly string[])[] = [
  ['train', '--resume', 'run'],
  ['train', '--resume', 'run'],
  ['eval', 'run', '--data', 'images', '--threads', '1'],
  ['predict', 'run', '--index', '0', '--data', 'images', '--threads', '1'],
]

/** Errors that were not foreseen: those without a tag, and what JavaScript says of itself. */
const unforeseen =
  /fault of resfn|undefined|is not a |Cannot read|Invalid array length|Array buffer allocation|out of bounds/

/** Seconds that no case takes, also on a busy machine. */
const longest = 20

// For more: RESFN_DAMAGE_CASES=10000 RESFN_DAMAGE_SEED=7
const cases = Number(process.env['RESFN_DAMAGE_CASES'] ?? 1000)

beforeAll(async () => {
  writeImages(join(cwd, 'images'), { train: 10, test: 10 })
  const flags = '--preset lenet-bn --data images --batch 10 --epochs 2 --momentum 0.5 --threads 1'.split(' ')
  expect(await resfn(['train', ...flags, '--out', 'whole'], { cwd })).toMatchObject({ code: 0 })
})

describe('a run with damaged files', () => {
  it('is refused by name, or goes on', async () => {
    const draw = drawFrom(Number(process.env['RESFN_DAMAGE_SEED'] ?? 1))
    const faults: string[] = []
    let refused = 0
    for (let i = 0; i < cases; i++) {
      const [file, damage] = damages[draw(damages.length)]!
      const command = commands[draw(commands.length)]!
      rmSync(run, { recursive: true, force: true })
      cpSync(whole, run, { recursive: true })
      const damaged = damage(draw, new Uint8Array(readFileSync(join(whole, file))))
      writeFileSync(join(run, file), damaged)
      const started = Date.now()
      const { stdout, stderr, code } = await resfn([...command, '--json'], atOnce)
      const seconds = (Date.now() - started) / 1000
      const { error } = JSON.parse(stdout) as { readonly error?: { readonly tag: string; readonly message: string } }
      if (error !== undefined) refused++
      const isForeseen =
        error === undefined ? code === 0 : code !== 0 && error.tag !== 'Unexpected' && !unforeseen.test(error.message)
      if (!isForeseen || seconds > longest)
        faults.push(`case ${i}: ${command.join(' ')}, ${file}: ${seconds} s, exit code ${code}: ${stderr.slice(-400)}`)
    }
    expect(faults).toEqual([])
    expect(refused).toBeGreaterThan(cases / 4)
  }, 300_000)
})
