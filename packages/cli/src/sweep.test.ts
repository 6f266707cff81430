import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Context } from './context/context.ts'
import { type Ran, resfn, temporaryFolder } from './fixtures/context.ts'
import { writeImages } from './fixtures/images.ts'

const cwd = temporaryFolder()
writeImages(join(cwd, 'images'))
const settings = 'settings: {preset: lenet-bn, data: images, batch: 10, epochs: 2, threads: 1}'

const write = (name: string, ...lines: readonly string[]): string => {
  writeFileSync(join(cwd, name), `${lines.join('\n')}\n`)
  return name
}
const sweep = (file: string, changes: Partial<Context> = {}, ...args: readonly string[]): Promise<Ran> =>
  resfn(['sweep', file, ...args], { cwd, columns: () => 200, ...changes })

type Row = {
  readonly trial: number
  readonly settings: { readonly [name: string]: unknown }
  readonly epochs: number
  readonly testAccuracy: number | null
  readonly outcome: string
}
const rows = (name: string): readonly Row[] =>
  (JSON.parse(readFileSync(join(cwd, 'runs', name, 'results.json'), 'utf8')) as { readonly trials: readonly Row[] })
    .trials

const log = (...path: readonly string[]): readonly unknown[] =>
  readFileSync(join(cwd, 'runs', ...path, 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) =>
      JSON.parse(line, (key, value: unknown) => (/^(seconds|examplesPerSecond)$/.test(key) ? undefined : value)),
    )

describe('a sweep of a grid', () => {
  const file = write('grid.yaml', 'method: grid', settings, 'parameters:', '  lr: [0.5, 1e38]', '  flip: [true, false]')

  it('trains each point, keeps those that diverge apart, and writes table, CSV and page', async () => {
    const { code, stdout, stderr } = await sweep(file)
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('trial 0 (1 of 4), lr 0.5, flip true: test accuracy') as string,
    })
    expect(stdout.split('\n')[0]).toMatch(/^trial +lr +flip +epochs +accuracy +loss +time +outcome$/)
    const found = rows('grid')
    expect(found.map(({ trial }) => trial).toSorted()).toEqual([0, 1, 2, 3])
    expect(found.slice(0, 2).every(({ settings: { lr }, outcome }) => lr === 0.5 && outcome === 'finished')).toBe(true)
    const csv = readFileSync(join(cwd, 'runs/grid/results.csv'), 'utf8').split('\n')
    expect(csv[0]).toBe('trial,lr,flip,epochs,test accuracy,test loss,seconds,outcome,run')
    expect(csv).toHaveLength(6)
    const page = readFileSync(join(cwd, 'runs/grid/results.html'), 'utf8')
    expect(page).toContain('href="trials/0/report.html"')
    expect(existsSync(join(cwd, 'runs/grid/trials/0/report.html'))).toBe(true)
    expect(existsSync(join(cwd, 'runs/grid/sweep.lock'))).toBe(false)
  })

  it('trains a trial as resfn train does', async () => {
    const flags = '--preset lenet-bn --data images --batch 10 --epochs 2 --threads 1 --lr 0.5 --no-flip'.split(' ')
    expect(await resfn(['train', ...flags, '--out', 'runs/alone'], { cwd })).toMatchObject({ code: 0 })
    expect(log('grid', 'trials', '1')).toEqual(log('alone'))
  })

  it('trains nothing twice, and shows the results again', async () => {
    const start = (): never => {
      throw new Error('nothing is left to train')
    }
    const again = await sweep(file, { start }, '--json')
    expect(again).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(again.stdout)).toMatchObject({ best: { settings: { lr: 0.5 } }, trials: rows('grid') })
  })

  it('is not taken for another one in the same folder', async () => {
    const other = write('other.yaml', 'method: grid', settings, 'parameters: {lr: [0.5, 0.6]}')
    expect(await sweep(other, {}, '--out', 'runs/grid')).toMatchObject({
      code: 1,
      stderr: `resfn: ${join(cwd, 'runs', 'grid')} holds a sweep that differs in parameters; put the file back as it was, or give another folder (--out)\n`,
    })
    // How many train at once changes no result.
    const wider = write('wider.yaml', readFileSync(join(cwd, file), 'utf8'), 'jobs: 4')
    expect(await sweep(wider, {}, '--out', 'runs/grid')).toMatchObject({ code: 0 })
  })
})

describe('a sweep with successive halving', () => {
  const lines = [
    settings.replace('epochs: 2', 'epochs: 4'),
    'parameters:',
    '  lr: {from: 0.01, to: 1, scale: log}',
    '  momentum: [0, 0.5, 0.9]',
  ]
  const file = write('halving.yaml', 'method: halving', 'trials: 4', 'eta: 2', 'objective: test loss', ...lines)

  it('lets the better half go on, from their checkpoints, with the schedule of all epochs', async () => {
    const { code, stderr } = await sweep(file)
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('round 3 of 3, until epoch 4: trial') as string,
    })
    const found = rows('halving')
    expect(found.map(({ epochs }) => epochs)).toEqual([4, 2, 1, 1])
    expect(found.map(({ outcome }) => outcome)).toEqual(['finished', 'stopped', 'stopped', 'stopped'])
    const [best] = found
    const flags = Object.entries({
      ...best!.settings,
      preset: 'lenet-bn',
      data: 'images',
      batch: 10,
      epochs: 4,
      threads: 1,
    })
    const args = flags.flatMap(([name, value]) => [`--${name}`, String(value)])
    expect(await resfn(['train', ...args, '--out', 'runs/whole'], { cwd })).toMatchObject({ code: 0 })
    expect(log('halving', 'trials', String(best!.trial))).toEqual(log('whole'))
  })

  it('draws the same settings as random search of the same seed', async () => {
    const random = write('random.yaml', 'method: random', 'trials: 2', ...lines)
    expect(await sweep(random, {}, '--out', 'runs/random')).toMatchObject({ code: 0 })
    const by = (name: string, trial: number): unknown => rows(name).find((row) => row.trial === trial)?.settings
    for (const trial of [0, 1]) expect(by('random', trial)).toEqual(by('halving', trial))
  })

  it('is stopped by SIGTERM, says how to go on, and goes on', async () => {
    const controller = new AbortController()
    let ended = 0
    const stopped = await sweep(
      file,
      {
        interrupts: () => ({ signal: controller.signal, release: () => {} }),
        process: {
          stdout: { write: () => {} },
          stderr: {
            write: (text: string) => {
              if (text.includes('round 1') && ++ended === 2) controller.abort('SIGTERM')
            },
          },
          env: {},
        },
      },
      '--out',
      'runs/stopped',
    )
    expect(stopped.code).toBe(143)
    expect(existsSync(join(cwd, 'runs/stopped/results.json'))).toBe(false)
    expect(await sweep(file, {}, '--out', 'runs/stopped')).toMatchObject({ code: 0 })
    const bare = (name: string): unknown =>
      rows(name).map(({ trial, epochs, testAccuracy }) => ({ trial, epochs, testAccuracy }))
    expect(bare('stopped')).toEqual(bare('halving'))
  })
})

describe('jobs', () => {
  it('are as many trials as train at once, with the cores shared among them', async () => {
    const file = write('jobs.yaml', 'method: random', 'trials: 6', 'jobs: 3', 'parameters: {lr: [0.5, 0.6]}')
    let most = 0
    const threads = new Set<string | undefined>()
    const training: (() => void)[] = []
    const ended = { code: 0, signal: null, stderr: '' }
    const stdout = JSON.stringify({ seconds: 1, epochsDone: 1, test: { loss: 1, accuracy: 0.5 } })
    const start: Context['start'] = (args) => {
      threads.add(args[args.indexOf('--threads') + 1])
      const end = new Promise<void>((resolve) => training.push(resolve)).then(() => ({ ...ended, stdout }))
      most = Math.max(most, training.length)
      // Each trains until the third one begins.
      if (training.length === 3) for (const resolve of training.splice(0)) resolve()
      return { ended: end, stop: () => {} }
    }
    expect(await sweep(file, { start, cores: 8 })).toMatchObject({ code: 0 })
    expect(most).toBe(3)
    expect([...threads]).toEqual(['2'])
    expect(rows('jobs').map(({ trial }) => trial)).toEqual([0, 1, 2, 3, 4, 5])
  })
})

describe('a trial that fails', () => {
  it('ends the sweep where its settings are not at fault, and the same command goes on', async () => {
    const file = write('fails.yaml', 'method: grid', settings, 'parameters: {lr: [0.5, 0.6]}')
    const out = (tag: string, message: string) => ({
      ended: Promise.resolve({
        code: 1,
        signal: null,
        stdout: JSON.stringify({ error: { tag, message } }),
        stderr: '',
      }),
      stop: () => {},
    })
    expect(await sweep(file, { start: () => out('ENOSPC', 'the disk is full') })).toMatchObject({
      code: 1,
      stderr: 'resfn: trial 0: the disk is full; the others are saved, go on with: resfn sweep fails.yaml\n',
    })
    const killed = {
      ...out('', ''),
      ended: Promise.resolve({ code: null, signal: 'SIGKILL', stdout: '', stderr: 'a\nlast line\n' }),
    }
    expect((await sweep(file, { start: () => killed })).stderr).toContain(
      'trial 0: resfn train ended with SIGKILL: last line',
    )
    const memory = await sweep(file, { start: () => out('OutOfMemory', 'a batch is too large') })
    expect(memory).toMatchObject({ code: 1, stdout: expect.stringContaining('no trial came to a result') as string })
    expect(rows('fails').map(({ outcome }) => outcome)).toEqual(['out of memory', 'out of memory'])
  })
})

describe('resfn sweep --slurm', () => {
  const bin = join(cwd, 'bin')
  mkdirSync(bin)
  const calls = join(cwd, 'sbatch.txt')
  const stub = (script: string): void => {
    writeFileSync(join(bin, 'sbatch'), `#!/bin/sh\n${script}\n`)
    chmodSync(join(bin, 'sbatch'), 0o755)
  }
  const env = { PATH: `${bin}:${process.env['PATH']}` }
  const command = [process.execPath, '/a folder/main.js']
  const file = write(
    'cluster.yaml',
    'method: halving',
    'trials: 4',
    'eta: 2',
    'jobs: 3',
    settings.replace('epochs: 2', 'epochs: 4'),
    'parameters: {lr: {from: 0.01, to: 1, scale: log}}',
    'slurm: {partition: cpu, time: 1:00:00, cpus-per-task: 4}',
  )

  it.skipIf(process.platform === 'win32')(
    'submits an array a round, each after the one before, and a job for the results',
    async () => {
      stub(`echo "$@" >> '${calls}'; echo $((100 + $(wc -l < '${calls}')))`)
      const { code, stdout } = await sweep(file, { env, command }, '--slurm')
      expect(code).toBe(0)
      expect(stdout).toContain(
        'job 101: round 1, tasks 0-3%3\njob 102: round 2, tasks 0-1%3\njob 103: round 3, tasks 0%3\njob 104: the results\n',
      )
      const folder = join(cwd, 'runs', 'cluster')
      const [output, script] = [join(folder, 'slurm'), join(folder, 'sweep.sbatch')]
      expect(readFileSync(calls, 'utf8').trimEnd().split('\n')).toEqual([
        `--parsable --array=0-3%3 --output ${output}/%A-%a.out ${script} 1`,
        `--parsable --array=0-1%3 --dependency=afterany:101 --output ${output}/%A-%a.out ${script} 2`,
        `--parsable --array=0%3 --dependency=afterany:102 --output ${output}/%A-%a.out ${script} 3`,
        `--parsable --dependency=afterany:103 --output ${output}/%A.out ${script} results`,
      ])
      const written = readFileSync(script, 'utf8')
      for (const line of [
        'job-name=cluster',
        'signal=B:TERM@60',
        'partition=cpu',
        'time=1:00:00',
        'cpus-per-task=4',
        'requeue',
      ])
        expect(written).toContain(`#SBATCH --${line}\n`)
      expect(written).toContain(
        `*) exec ${process.execPath} '/a folder/main.js' sweep ${join(cwd, file)} --out ${folder} --task "$1:$SLURM_ARRAY_TASK_ID" ;;`,
      )
    },
  )

  it('trains a task of a round alone, in the order of the rounds', async () => {
    const task = (name: string) => sweep(file, {}, '--task', name)
    expect(await task('2:0')).toMatchObject({
      code: 1,
      stderr:
        'resfn: round 2 needs what all trials of round 1 came to, and trials 0, 1, 2, 3 did not end; train them first\n',
    })
    for (const index of [0, 1, 2, 3])
      expect(await task(`1:${index}`)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`trial ${index}, lr `) as string,
      })
    expect(await task('2:1')).toMatchObject({ code: 0, stdout: expect.stringMatching(/after epoch 2, /) as string })
    expect(await task('4:0')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the tasks of this sweep are 1:0 to 1:3, 2:0 to 2:1, 3:0 to 3:0') as string,
    })
    expect(await task('0:0')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('give a round from 1') as string,
    })
  })

  it.skipIf(process.platform === 'win32')('submits what is left', async () => {
    writeFileSync(calls, '')
    await sweep(file, { env, command }, '--slurm')
    const [first, second] = readFileSync(calls, 'utf8').split('\n')
    expect(first).toMatch(/^--parsable --array=0%3 --output .* 2$/)
    expect(second).toMatch(/^--parsable --array=0%3 --dependency=afterany:101 .* 3$/)
  })

  it.skipIf(process.platform === 'win32')('says what Slurm says', async () => {
    stub('echo "sbatch: error: invalid partition" >&2; exit 1')
    const refused = await sweep(file, { env, command }, '--slurm')
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('sbatch: error: invalid partition') as string,
    })
    const none = await sweep(file, { env: { PATH: cwd }, command }, '--slurm')
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no sbatch here') as string })
    expect(await sweep(file, {}, '--slurm', '--task', '1:0')).toMatchObject({ code: 2 })
  })
})

describe('resfn sweep --help', () => {
  it('explains the file, and the command is proposed', async () => {
    const { stdout } = await resfn(['sweep', '--help'])
    expect(stdout).toContain('method: random')
    expect(stdout).toContain('--slurm')
    expect((await resfn(['--complete', 'swe'])).stdout).toBe('sweep\n')
    expect((await resfn(['tune', 'x.yaml'])).stderr).toContain('did you mean')
  })
})
