// A program as data: what makes the net of a composition is also what is printed of it, so the two cannot differ.

/** A value, the name of one, a call of a function, or a record. */
export type Expression = number | string | boolean | Name | Call | RecordOf

/** An import, a definition, or a parameter of the definition around it. */
export type Name = { readonly name: string }

/** A call of a function by its name. */
export type Call = { readonly call: string; readonly args: readonly Expression[] }

/** A record; its order is the order of the parts. */
export type RecordOf = { readonly record: readonly (readonly [key: string, value: Expression])[] }

/** A function of numbers, such as the channels and the stride of a block. */
export type Definition = { readonly name: string; readonly parameters: readonly string[]; readonly body: Expression }

/** Definitions, each of which may use those before it, and what comes of them. */
export type Program = { readonly definitions: readonly Definition[]; readonly result: Expression }

/** The imports that a program may use: where each is from, and what it is. */
export type Vocabulary = { readonly [name: string]: { readonly from: string; readonly value: unknown } }

export const name = (of: string): Name => ({ name: of })
export const call = (of: string, ...args: readonly Expression[]): Call => ({ call: of, args })
export const record = (of: { readonly [key: string]: Expression }): RecordOf => ({ record: Object.entries(of) })

const namesIn = (expression: Expression): readonly string[] => {
  if (typeof expression !== 'object') return []
  if ('name' in expression) return [expression.name]
  if ('record' in expression) return expression.record.flatMap(([, value]) => namesIn(value))
  return [expression.call, ...expression.args.flatMap(namesIn)]
}

/** The program without the definitions that nothing uses. */
export const pruned = ({ definitions, result }: Program): Program => {
  const used = new Set(namesIn(result))
  const needed = definitions.toReversed().filter(({ name: own, body }) => {
    if (!used.has(own)) return false
    for (const each of namesIn(body)) used.add(each)
    return true
  })
  return { definitions: needed.toReversed(), result }
}

type Scope = { readonly [name: string]: unknown }

const found = (scope: Scope, of: string): unknown => {
  if (!Object.hasOwn(scope, of)) throw new Error(`the program has no ${of}`)
  return scope[of]
}

const valueOf = (expression: Expression, scope: Scope): unknown => {
  if (typeof expression !== 'object') return expression
  if ('name' in expression) return found(scope, expression.name)
  if ('record' in expression)
    return Object.fromEntries(expression.record.map(([key, value]) => [key, valueOf(value, scope)]))
  const called = found(scope, expression.call) as (...args: readonly unknown[]) => unknown
  return called(...expression.args.map((argument) => valueOf(argument, scope)))
}

/** What the program makes. */
export const evaluate = ({ definitions, result }: Program, vocabulary: Vocabulary): unknown => {
  const imports: Scope = Object.fromEntries(Object.entries(vocabulary).map(([key, { value }]) => [key, value]))
  const scope = definitions.reduce<Scope>((before, { name: own, parameters, body }) => {
    const made = (...args: readonly number[]): unknown =>
      valueOf(body, { ...before, ...Object.fromEntries(parameters.map((parameter, i) => [parameter, args[i]])) })
    return { ...before, [own]: made }
  }, imports)
  return valueOf(result, scope)
}

const widest = 100

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const entry = (key: string, value: Expression, indent: number): string =>
  typeof value === 'object' && 'name' in value && value.name === key ? key : `${key}: ${printed(value, indent)}`

const inline = (expression: Expression): string => {
  if (typeof expression === 'string') return quoted(expression)
  if (typeof expression !== 'object') return String(expression)
  if ('name' in expression) return expression.name
  if ('call' in expression) return `${expression.call}(${expression.args.map(inline).join(', ')})`
  return expression.record.length === 0
    ? '{}'
    : `{ ${expression.record.map(([key, value]) => (typeof value === 'object' && 'name' in value && value.name === key ? key : `${key}: ${inline(value)}`)).join(', ')} }`
}

/** On one line where it fits, else a line for each entry. */
const printed = (expression: Expression, indent: number): string => {
  const line = inline(expression)
  if (indent + line.length <= widest || typeof expression !== 'object' || 'name' in expression) return line
  const [outer, inner] = [' '.repeat(indent), ' '.repeat(indent + 2)]
  if ('record' in expression)
    return `{\n${expression.record.map(([key, value]) => `${inner}${entry(key, value, indent + 2)},\n`).join('')}${outer}}`
  const { args, call: of } = expression
  return args.length === 1
    ? `${of}(${printed(args[0]!, indent)})`
    : `${of}(\n${args.map((argument) => `${inner}${printed(argument, indent + 2)},\n`).join('')}${outer})`
}

/** The program as a module of TypeScript that exports `net`. */
export const print = ({ definitions, result }: Program, vocabulary: Vocabulary): string => {
  const used = new Set([...definitions.map(({ body }) => body), result].flatMap(namesIn))
  const byPackage = new Map<string, string[]>()
  for (const own of [...used].filter((each) => Object.hasOwn(vocabulary, each)).sort()) {
    const { from } = vocabulary[own]!
    byPackage.set(from, [...(byPackage.get(from) ?? []), own])
  }
  const imports = [...byPackage]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([from, names]) => `import { ${names.join(', ')} } from '${from}'`)
  const functions = definitions.map(({ name: own, parameters, body }) => {
    const head = `const ${own} = (${parameters.map((parameter) => `${parameter}: number`).join(', ')}) =>`
    const line = `${head} ${inline(body)}`
    return line.length <= widest ? line : `${head}\n  ${printed(body, 2)}`
  })
  return `${[imports.join('\n'), functions.join('\n\n'), `export const net = ${printed(result, 0)}`].filter((part) => part !== '').join('\n\n')}\n`
}
