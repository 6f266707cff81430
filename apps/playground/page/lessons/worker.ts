// Runs a program as a module of its own, with the packages that the page has. What it logs goes to the page.
import { init, parse } from 'es-module-lexer'
import { modules } from './modules.ts'
import type { Said } from './running.ts'

const say = (said: Said): void => postMessage(said)

/** A value as a console writes it. */
const written = (value: unknown): string => {
  if (value instanceof Error) return value.message
  const words = String(value)
  return Array.isArray(value) || words === '[object Object]' ? (JSON.stringify(value) ?? words) : words
}

for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const)
  console[method] = (...values: readonly unknown[]) => say({ type: 'line', text: values.map(written).join(' ') })

/** The loaded packages, where the modules that stand for them find them. */
const loaded: { [specifier: string]: object } = {}
Object.assign(globalThis, { loadedModules: loaded })

const urlOf = (source: string): string => URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))

/** The address of a module that exports what a package does: the one that the page was built with. */
const addressOf = async (specifier: string): Promise<string> => {
  const load = Object.hasOwn(modules, specifier) ? modules[specifier] : undefined
  if (load === undefined)
    throw new Error(`there is no ${specifier} in this page; there are ${Object.keys(modules).join(', ')}`)
  const found = await load()
  loaded[specifier] = found
  const from = `globalThis.loadedModules[${JSON.stringify(specifier)}]`
  const names = Object.keys(found).filter((name) => name !== 'default')
  return urlOf(`export const { ${names.join(', ')} } = ${from}\nexport default ${from}.default`)
}

/** The program with addresses in place of the names of packages; nothing else of it changes, nor does a line. */
const linked = async (source: string): Promise<string> => {
  await init
  const [imports] = parse(source)
  const named = imports.filter(({ n }) => n !== undefined)
  const addresses = await Promise.all(named.map(({ n }) => addressOf(n!)))
  return named.reduceRight(
    // The place of a dynamic import has its quotes in it.
    (text, { s, e, d }, i) =>
      text.slice(0, s) + (d === -1 ? addresses[i]! : JSON.stringify(addresses[i]!)) + text.slice(e),
    source,
  )
}

/** What went wrong, and in which line of the program. */
const failure = (error: unknown): Said => {
  const line = error instanceof Error ? /lesson\.mjs:(\d+)/.exec(error.stack ?? '')?.[1] : undefined
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return { type: 'failed', text, line: line === undefined ? undefined : Number(line) }
}

addEventListener('message', ({ data }: MessageEvent<string>) => {
  const run = async (): Promise<void> => {
    await import(/* @vite-ignore */ urlOf(`${await linked(data)}\n//# sourceURL=lesson.mjs`))
  }
  run().then(
    () => say({ type: 'finished' }),
    (error: unknown) => say(failure(error)),
  )
})
addEventListener('unhandledrejection', ({ reason }) => say(failure(reason)))
