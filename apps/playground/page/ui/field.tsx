import type { ComponentChildren } from 'preact'

/** A choice of one of some values. */
export const Choice = <A extends string>(props: {
  readonly label: string
  readonly value: A
  readonly values: readonly (readonly [value: A, name: string])[]
  readonly onChange: (value: A) => void
}) => (
  <label>
    {props.label}
    <select value={props.value} onChange={({ currentTarget }) => props.onChange(currentTarget.value as A)}>
      {props.values.map(([value, name]) => (
        <option key={value} value={value}>
          {name}
        </option>
      ))}
    </select>
  </label>
)

/** A number; what is out of its range is put back when the field is left. */
export const NumberField = (props: {
  readonly label: string
  readonly value: number
  readonly min: number
  readonly max: number
  readonly step?: number | 'any'
  readonly onChange: (value: number) => void
}) => {
  const given = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void => {
    if (currentTarget.validity.valid && currentTarget.value !== '') props.onChange(Number(currentTarget.value))
  }
  return (
    <label>
      {props.label}
      <input
        type="number"
        inputMode="decimal"
        required
        value={props.value}
        min={props.min}
        max={props.max}
        step={props.step ?? 1}
        onInput={given}
        onBlur={({ currentTarget }) => (currentTarget.value = `${props.value}`)}
      />
    </label>
  )
}

/** A heading with what belongs to it. */
export const Panel = (props: {
  readonly title: string
  readonly help?: string
  readonly class?: string
  readonly children: ComponentChildren
}) => (
  <section class={`panel ${props.class ?? ''}`}>
    <h3>{props.title}</h3>
    {props.help !== undefined && <p class="help">{props.help}</p>}
    {props.children}
  </section>
)
