// @ts-check
// The options of the benchmark, read and checked.
import { parseArgs } from 'node:util'
import { nets } from './nets.mjs'

const usage = `node bench.mjs [options]
  --net cifar-resnet8,resnet50   only these, at every batch, of ${Object.keys(nets).join(', ')}
  --engine resfn,pytorch       only engines whose name contains one of the words
  --threads 2                  only engines on so many threads
  --rounds 5 --seconds 3       turns of each engine, and the least length of one
  --quick                      one turn of a second; leaves out what takes minutes
  --json                       one JSON object a line instead of tables`

/**
 * Ends the program with the reason and the usage.
 *
 * @param {string} reason
 * @returns {never}
 */
export const fail = (reason) => {
  console.error(`${reason}\n\n${usage}`)
  process.exit(2)
}

const read = () => {
  try {
    return parseArgs({
      options: {
        net: { type: 'string' },
        engine: { type: 'string' },
        threads: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        quick: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

/**
 * @param {string} name
 * @param {string | undefined} given
 * @param {number} otherwise
 */
const positive = (name, given, otherwise) => {
  const value = Number(given ?? otherwise)
  return value > 0 ? value : fail(`--${name} must be a positive number, not ${given}`)
}

/** What the command line asks for: the nets, which engines take part, and how long they run. */
export const readOptions = () => {
  const options = read()
  if (options.help) {
    console.log(usage)
    process.exit(0)
  }
  const words = options.net?.split(',') ?? ['']
  const chosen = words.map((word) =>
    Object.keys(nets).filter((name) => word === '' || name === word || name.startsWith(`${word}/`)),
  )
  const unknown = words.find((_, i) => chosen[i]?.length === 0)
  if (unknown !== undefined) fail(`there is no net ${unknown}`)
  const engineWords = options.engine?.toLowerCase().split(',')
  const quick = options.quick === true
  return {
    nets: chosen.flat(),
    json: options.json === true,
    plan: {
      rounds: positive('rounds', options.rounds, quick ? 1 : 5),
      leastMs: 1000 * positive('seconds', options.seconds, quick ? 1 : 3),
      leastSteps: quick ? 2 : 3,
    },
    takesPart: (net, engine) => {
      const entry = engine.nets[net]
      return (
        entry !== undefined &&
        !(quick && entry.quick === false) &&
        (engineWords === undefined || engineWords.some((word) => engine.name.toLowerCase().includes(word))) &&
        (options.threads === undefined || String(engine.threads) === options.threads)
      )
    },
  }
}
