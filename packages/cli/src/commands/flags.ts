import { wholeFrom } from '../text/numbers.ts'

type Flag<T> = {
  readonly kind: 'parsed'
  readonly parse: (text: string) => T
  readonly brief: string
  readonly placeholder: string
}

/** A flag that need not be given. */
export const optional = <T>(
  parse: (text: string) => T,
  placeholder: string,
  brief: string,
): Flag<T> & { readonly optional: true } => ({ kind: 'parsed', parse, brief, placeholder, optional: true })

/** A flag with a default, as text. */
export const withDefault = <T>(
  parse: (text: string) => T,
  placeholder: string,
  value: string,
  brief: string,
): Flag<T> & { readonly default: string } => ({ kind: 'parsed', parse, brief, placeholder, default: value })

/** The flags that every command has. */
export const commonFlags = {
  json: { kind: 'boolean', brief: 'Print one JSON document on standard output and nothing else', default: false },
  debug: { kind: 'boolean', brief: 'Print the stack of errors', default: false },
} as const

/** The flags of all commands that run a net. */
export const backendFlags: {
  readonly backend: Flag<string> & { readonly default: string }
  readonly threads: Flag<number> & { readonly default: string }
} = {
  backend: withDefault(String, 'name', 'auto', 'auto, wasm, cpu, …'),
  threads: withDefault(wholeFrom(0), 'n', '0', 'Threads of the WASM backend; 0 for all cores'),
}

/** Which images a command takes. */
export const dataFlag: Flag<string> & { readonly default: string } = withDefault(
  String,
  'dir|subset',
  'auto',
  'A folder with the files of the data set, subset for the images that come with resfn, or auto',
)
