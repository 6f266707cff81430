import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lessons } from '@resfn/lessons'
import { describe, expect, it } from 'vitest'
import { exitCodes } from './error.ts'
import { resfn, temporaryFolder } from './fixtures/context.ts'

const quick = ['lesson', 'degradation', '--quick', '--backend', 'wasm', '--threads', '1']
const folder = join('runs', 'lessons', 'degradation-quick')

/** Interrupts that come before the cell of a number, counted by the lines of progress. */
const stoppedAt = (cell: number, cwd: string): Parameters<typeof resfn>[1] => {
  const controller = new AbortController()
  return {
    cwd,
    interrupts: () => ({ signal: controller.signal, release: () => {} }),
    live: {
      show: (line) => {
        if (line.includes(`: ${cell} of `)) controller.abort('SIGTERM')
      },
      clear: () => {},
    },
  }
}

describe('resfn lesson', () => {
  it('lists the lessons in the order of the course', async () => {
    const { stdout, code } = await resfn(['lesson'])
    expect(code).toBe(0)
    const places = lessons.map(({ title }) => stdout.replaceAll(/\s+/g, ' ').indexOf(title.en))
    expect(places.every((place) => place >= 0)).toBe(true)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(JSON.parse((await resfn(['lesson', '--json'])).stdout)).toMatchObject({
      lessons: lessons.map(({ name }) => ({ name })),
    })
  })

  it('names the lesson that was meant', async () => {
    const { stderr, code } = await resfn(['lesson', 'degradatoin'])
    expect(code).toBe(exitCodes.usage)
    expect(stderr).toContain('there is no lesson "degradatoin"; did you mean degradation?')
  })

  it('takes one scale', async () => {
    const { stderr, code } = await resfn([...quick, '--full'])
    expect(code).toBe(exitCodes.usage)
    expect(stderr).toContain('give --quick or --full, not both')
  })

  it('is stopped by SIGTERM, goes on where it was, and measures nothing twice', { timeout: 300_000 }, async () => {
    const cwd = temporaryFolder()
    const stopped = await resfn(quick, stoppedAt(2, cwd))
    expect(stopped.code).toBe(exitCodes.terminated)
    expect(stopped.stderr).toContain('stopped and saved; the same command goes on')
    const measured = (): { readonly cells: object } =>
      JSON.parse(readFileSync(join(cwd, folder, 'measured.json'), 'utf8')) as { readonly cells: object }
    const [first] = Object.entries(measured().cells)
    expect(Object.keys(measured().cells)).toHaveLength(1)
    expect(existsSync(join(cwd, folder, 'lesson.lock'))).toBe(false)

    const went = await resfn([...quick, '--json'], { cwd })
    expect(went.code).toBe(0)
    expect(went.stderr).not.toContain('1 of 4')
    expect(went.stderr).toContain('2 of 4')
    expect(Object.entries(measured().cells)[0]).toEqual(first)
    expect(Object.keys(measured().cells)).toHaveLength(4)
    expect(JSON.parse(went.stdout)).toMatchObject({
      lessons: [{ name: 'degradation', page: join(cwd, folder, 'index.html'), findings: [{ holds: true }, {}, {}] }],
    })
    expect(readdirSync(join(cwd, folder)).toSorted()).toEqual(['index.html', 'index.zh.html', 'measured.json'])

    const again = await resfn([...quick, '--markdown'], { cwd })
    expect(again.stderr).not.toContain(' of 4')
    expect(again.stdout).toContain(join(cwd, folder, 'README.md'))
    expect(readdirSync(join(cwd, folder))).toEqual(
      expect.arrayContaining(['README.md', 'README.zh.md', 'loss-dark.svg', 'loss-light.svg', 'loss.zh-light.svg']),
    )
  })

  it('does not write over another measurement, or a damaged one', async () => {
    const cwd = temporaryFolder()
    mkdirSync(join(cwd, 'out'))
    writeFileSync(join(cwd, 'out', 'measured.json'), '{"lesson":"degradation","scale":"full","cells":{}}')
    const other = await resfn([...quick, '--out', 'out'], { cwd })
    expect(other.code).toBe(exitCodes.failure)
    expect(other.stderr).toContain(
      `${join(cwd, 'out')}: measured.json holds degradation (full) with another recipe or other images; give another folder, or remove the file`,
    )
    writeFileSync(join(cwd, 'out', 'measured.json'), '{"lesson":')
    expect((await resfn([...quick, '--out', 'out'], { cwd })).stderr).toContain('measured.json is damaged')
    expect(readFileSync(join(cwd, 'out', 'measured.json'), 'utf8')).toBe('{"lesson":')
  })

  it('takes no photos', async () => {
    const cwd = temporaryFolder()
    for (const name of ['cat', 'dog']) {
      mkdirSync(join(cwd, 'photos', name), { recursive: true })
      for (const i of [1, 2, 3]) writeFileSync(join(cwd, 'photos', name, `${i}.png`), '')
    }
    const { stderr, code } = await resfn([...quick, '--data', 'photos'], { cwd })
    expect(code).toBe(exitCodes.usage)
    expect(stderr).toContain('lessons take Fashion-MNIST or CIFAR, not photos')
  })
})
