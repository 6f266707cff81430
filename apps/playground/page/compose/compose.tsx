import './compose.css'
import { computed } from '@preact/signals'
import { listNets } from '@resfn/archs'
import { formatShape, summary, type Summary } from '@resfn/layer'
import { type Built, choices, type Composition, examples, ranges, resnet8 } from '../composition/composition.ts'
import { codeOf, netOf } from '../composition/design.ts'
import { toLink } from '../composition/link.ts'
import { composition, linkProblem, tab } from '../place.ts'
import { text } from '../text/text.ts'
import { Copy } from '../ui/copy.tsx'
import { Choice, NumberField, Panel } from '../ui/field.tsx'
import { Graph } from './graph.tsx'
import { count } from './numbers.ts'

/** The images that come with the page. */
export const [input, classes] = [[28, 28, 1], 10] as const

type Plan = { readonly net: ReturnType<typeof netOf>; readonly numbers: Summary }

/** The composed net with its numbers, or what does not fit. */
export const planned = computed((): Plan | { readonly problem: string } => {
  try {
    const net = netOf(composition.value, classes, input[2])
    return { net, numbers: summary(net, input) }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
})

/** A short name for the composed net. */
export const nameOf = (of: Composition): string =>
  Object.entries(examples).find(([, example]) => toLink(example) === toLink(of))?.[0] ??
  (of.kind === 'named' ? of.name : `${of.block} ${of.blocks.join('-')}`)

const change = (part: Partial<Built>): void => {
  if (composition.value.kind === 'built') composition.value = { ...composition.value, ...part }
}

const Stages = ({ blocks }: { readonly blocks: readonly number[] }) => {
  const words = text.value.compose
  const { stages, blocks: range } = ranges
  return (
    <fieldset>
      <legend>{words.blocks}</legend>
      <div class="row">
        {blocks.map((of, i) => (
          <NumberField
            key={i}
            label={words.stage(i + 1)}
            value={of}
            {...range}
            onChange={(value) => change({ blocks: blocks.map((other, j) => (i === j ? value : other)) })}
          />
        ))}
      </div>
      <div class="row">
        <button
          type="button"
          class="secondary outline"
          disabled={blocks.length >= stages.max}
          onClick={() => change({ blocks: [...blocks, blocks.at(-1)!] })}
        >
          {words.addStage}
        </button>
        <button
          type="button"
          class="secondary outline"
          disabled={blocks.length <= stages.min}
          onClick={() => change({ blocks: blocks.slice(0, -1) })}
        >
          {words.removeStage}
        </button>
      </div>
    </fieldset>
  )
}

const BuiltForm = ({ of }: { readonly of: Built }) => {
  const words = text.value.compose
  const named = <A extends keyof typeof words.choices>(values: readonly A[]) =>
    values.map((value) => [value, words.choices[value]] as const)
  return (
    <>
      <Choice
        label={words.block}
        value={of.block}
        values={named(choices.block)}
        onChange={(block) => change({ block })}
      />
      <Stages blocks={of.blocks} />
      <NumberField label={words.width} value={of.width} {...ranges.width} onChange={(width) => change({ width })} />
      <Choice
        label={words.shortcut}
        value={of.shortcut}
        values={choices.shortcut.map((value) => [value, value === 'none' ? words.noShortcut : words.choices[value]])}
        onChange={(shortcut) => change({ shortcut })}
      />
      <Choice
        label={words.placement}
        value={of.placement}
        values={named(choices.placement)}
        onChange={(placement) => change({ placement })}
      />
      <NumberField
        label={words.groups}
        value={of.groups}
        {...ranges.groups}
        onChange={(groups) => change({ groups })}
      />
      <Choice
        label={words.attention}
        value={of.attention}
        values={named(choices.attention)}
        onChange={(attention) => change({ attention })}
      />
    </>
  )
}

const NamedForm = ({ name }: { readonly name: string }) => (
  <label>
    {text.value.compose.name}
    <input
      list="nets"
      value={name}
      onChange={({ currentTarget }) => (composition.value = { kind: 'named', name: currentTarget.value.trim() })}
    />
    <datalist id="nets">
      {listNets().map((known) => (
        <option key={known} value={known} />
      ))}
    </datalist>
  </label>
)

const Form = () => {
  const words = text.value.compose
  const of = composition.value
  return (
    <form class="panel controls" onSubmit={(event) => event.preventDefault()}>
      <fieldset>
        <legend>{words.begin}</legend>
        <div class="chips">
          {Object.entries(examples).map(([name, example]) => (
            <button
              type="button"
              key={name}
              class="chip"
              aria-pressed={toLink(example) === toLink(of)}
              onClick={() => (composition.value = example)}
            >
              {name}
            </button>
          ))}
        </div>
      </fieldset>
      <fieldset class="row">
        {(['built', 'named'] as const).map((kind) => (
          <label key={kind}>
            <input
              type="radio"
              name="kind"
              checked={of.kind === kind}
              onChange={() => (composition.value = kind === 'built' ? resnet8 : { kind: 'named', name: 'resnet18' })}
            />
            {words[kind]}
          </label>
        ))}
      </fieldset>
      {of.kind === 'built' ? <BuiltForm of={of} /> : <NamedForm name={of.name} />}
    </form>
  )
}

const Numbers = ({ numbers }: { readonly numbers: Summary }) => {
  const words = text.value.compose
  const layers = numbers.rows.filter(
    ({ kind, params, path }) => params > 0 && /^(conv|dense)/.test(kind) && !/(^|\.)(shortcut|se)(\.|$)/.test(path),
  )
  const facts = [
    [words.depth, `${layers.length}`],
    [words.params, count(numbers.params)],
    [words.macs, count(numbers.macs)],
    [words.output, formatShape(numbers.output)],
  ] as const
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

const Rows = ({ numbers }: { readonly numbers: Summary }) => {
  const words = text.value.compose
  const rows = numbers.rows.filter(({ depth }) => depth <= 1)
  const most = Math.max(1, ...rows.map(({ macs }) => macs))
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={words.table}>
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">{words.part}</th>
            <th scope="col">{words.kind}</th>
            <th scope="col">{words.output}</th>
            <th scope="col">{words.params}</th>
            <th scope="col">{words.macs}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ path, kind, depth, output, params, macs }) => (
            <tr key={path} class={depth === 0 ? 'own' : 'inner'}>
              <th scope="row">{path}</th>
              <td>{kind}</td>
              <td>{formatShape(output)}</td>
              <td>{count(params)}</td>
              <td>
                <span class="bar" style={{ '--share': macs / most }}>
                  {count(macs)}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** The tab that composes a net. */
export const Compose = () => {
  const words = text.value.compose
  const plan = planned.value
  const link = (): string => `${location.href.split('#')[0]}#/compose?${toLink(composition.value)}`
  return (
    <div class="split">
      <Form />
      <div>
        {linkProblem.value !== undefined && (
          <p role="alert" class="problem">
            {words.badLink}: {linkProblem.value}
          </p>
        )}
        {'problem' in plan ? (
          <p role="alert" class="problem">
            {words.invalid}: {plan.problem}
          </p>
        ) : (
          <>
            <Numbers numbers={plan.numbers} />
            <div class="row">
              <button type="button" onClick={() => (tab.value = 'train')}>
                {words.trainIt}
              </button>
              <Copy label={words.link} content={link} />
            </div>
            <div class="beside">
              <Graph net={plan.net} input={input} name={nameOf(composition.value)} />
              <Panel title={words.code}>
                <div class="code">
                  <pre tabIndex={0}>
                    <code id="code">{codeOf(composition.value, classes, input[2])}</code>
                  </pre>
                  <Copy label={words.copy} content={() => codeOf(composition.value, classes, input[2])} />
                </div>
              </Panel>
            </div>
            <Panel title={words.table}>
              <Rows numbers={plan.numbers} />
            </Panel>
          </>
        )}
      </div>
    </div>
  )
}
