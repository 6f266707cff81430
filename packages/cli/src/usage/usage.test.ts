import { describe, expect, it } from 'vitest'
import { routes } from '../app.ts'
import { resfn } from '../fixtures/context.ts'
import { flagNames, isGroup, locate } from './locate.ts'
import { commandSynonyms, flagSynonyms } from './synonyms.ts'

const commands: readonly string[] = routes
  .getAllEntries()
  .flatMap(({ name, target }) =>
    isGroup(target)
      ? [name.original, ...target.getAllEntries().map((entry) => `${name.original} ${entry.name.original}`)]
      : [name.original],
  )

describe('a wrong command line', () => {
  it.each([
    [['trane'], 'there is no command "trane"; did you mean train? (see resfn --help)'],
    [['fit'], 'there is no command "fit"; did you mean train? (see resfn --help)'],
    [['download'], 'there is no command "download"; did you mean data fetch? (see resfn --help)'],
    [['data', 'fech'], 'there is no command "data fech"; did you mean data fetch? (see resfn data --help)'],
    [['xyzzy'], 'there is no command "xyzzy"; see resfn --help'],
    [['--json'], 'there is no command "--json"; see resfn --help'],
    [['train', '--batch-size', '5'], 'there is no flag "--batch-size"; did you mean --batch? (see resfn train --help)'],
    [
      ['train', '--learning_rate', '1'],
      'there is no flag "--learning_rate"; did you mean --lr? (see resfn train --help)',
    ],
    [['train', '--epoch', '1'], 'there is no flag "--epoch"; did you mean --epochs? (see resfn train --help)'],
    [['train', '--nosuch'], 'there is no flag "--nosuch"; see resfn train --help'],
    [
      ['train', '-b', '5'],
      'there is no flag "-b"; flags are written in full, did you mean --batch, --balance or --backend?',
    ],
    [['train', '--batch', '0'], '--batch "0": give a whole number from 1'],
    [['train', '--batch', "'16'"], `--batch "'16'": give a whole number from 1`],
    [['train', '--momentum', '1'], '--momentum "1": give a number from 0 and below 1'],
    [['train', '--smoothing', '1.5'], '--smoothing "1.5": give a number from 0 to 1'],
    [['train', '--batch', '5', '--batch', '6'], '--batch is given twice, as "5" and "6"; give one'],
    [['train', '--batch'], '--batch needs a value; see resfn train --help'],
    [
      ['train', '--schedule', 'cosin'],
      '--schedule "cosin": give constant, cosine, milestones or one-cycle; did you mean cosine?',
    ],
    [['summary'], 'resfn summary needs a net: resfn summary <net>; see resfn summary --help'],
    [['doctor', 'extra'], 'resfn doctor takes no arguments, so "extra" is too many; see resfn doctor --help'],
    [['train', 'help'], 'for help: resfn train --help'],
    [['summary', 'cifar-resnet20', '--input', '1x2x3x4'], '--input "1x2x3x4": give the shape of one sample'],
  ])('%j: says what is wrong and what to give, also as JSON', async (args, message) => {
    const plain = await resfn(args)
    expect(plain.code).toBe(2)
    if (!args.includes('--json')) expect(plain.stdout).toBe('')
    expect(plain.stderr).toContain(`resfn: ${message}`)
    const { stdout, stderr, code } = await resfn(args.includes('--json') ? args : [...args, '--json'])
    expect(code).toBe(2)
    expect(stderr).toContain(`resfn: ${message}`)
    expect(JSON.parse(stdout)).toEqual({
      error: { tag: 'Usage', message: expect.stringContaining(message) as string },
    })
  })
})

describe('help', () => {
  const asked = async (args: readonly string[], columns: number): Promise<string> => {
    const { stdout, stderr, code } = await resfn(args, { columns: () => columns })
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    return stdout
  }

  it.each([40, 80])('of every command fits into %i columns and names every flag', async (columns) => {
    for (const command of commands) {
      const words = command.split(' ')
      const text = await asked([...words, '--help'], columns)
      // One word may be longer than a line: the values of an enumeration.
      for (const line of text.split('\n'))
        expect(line.length <= columns || !line.trim().includes(' ') || /^ +--\S+ \S+$/.test(line), line).toBe(true)
      for (const flag of flagNames(locate(routes, words))) expect(text).toMatch(new RegExp(`--(\\[no-\\])?${flag}\\b`))
    }
  })

  it('has placeholders for values, and defaults', async () => {
    const text = await asked(['eval', '--help'], 80)
    expect(text).toContain('Usage: resfn eval <net> [flags]')
    expect(text).toMatch(/^ {2}--threads <n> +Threads of WASM and native; 0 for all cores \(default: 0\)$/m)
    expect(await asked(['train', '--help'], 80)).toMatch(/^ {2}--\[no-\]flip +Mirror half of the images$/m)
  })

  it('can be asked for in other ways', async () => {
    const [root, train] = [await asked(['--help'], 80), await asked(['train', '--help'], 80)]
    expect(await asked([], 80)).toBe(root)
    expect(await asked(['help'], 80)).toBe(root)
    expect(await asked(['-h'], 80)).toBe(root)
    expect(await asked(['help', 'train'], 80)).toBe(train)
    expect(await asked(['train', '--epochs', '3', '-h'], 80)).toBe(train)
    expect(await asked(['data'], 80)).toBe(await asked(['data', 'help'], 80))
  })

  it('is not given for a command that does not exist', async () => {
    for (const args of [
      ['trane', '--help'],
      ['help', 'trane'],
    ])
      expect(await resfn(args)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('did you mean train?') as string,
      })
  })
})

it('synonyms lead to commands and flags that exist, and are none themselves', () => {
  const flags = new Set(commands.flatMap((command) => flagNames(locate(routes, command.split(' ')))))
  expect(commands).toEqual(expect.arrayContaining(Object.keys(commandSynonyms)))
  expect([...flags]).toEqual(expect.arrayContaining(Object.keys(flagSynonyms)))
})
