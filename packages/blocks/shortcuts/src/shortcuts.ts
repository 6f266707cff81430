import { identityAdd } from '@resfn/identity-add'
import type { AnyLayer } from '@resfn/layer'
import { exclusiveGate, shortcutGate } from './gates.ts'
import { constantScale, convolvedShortcut, dropoutShortcut } from './operations.ts'

/** How a branch becomes a unit. */
export type ShortcutOperation = (branch: AnyLayer) => AnyLayer

/**
 * The rows of the paper's table 1, by name: what each puts on the shortcut. All but the first do worse than it, or do
 * not converge.
 *
 * @see He et al., "Identity mappings in deep residual networks" (2016), table 1
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { residualBranch } from '@resfn/residual-block'
 * import { shortcuts } from '@resfn/shortcuts'
 *
 * for (const unit of Object.values(shortcuts))
 *   assert.deepEqual(unit(residualBranch({ out: 16 })).plan([8, 8, 16]).output, [8, 8, 16])
 * ```
 */
export const shortcuts: { readonly [name: string]: ShortcutOperation } = {
  identity: identityAdd,
  constant: (branch) => constantScale(branch, { shortcut: 0.5 }),
  'constant on both': (branch) => constantScale(branch, { shortcut: 0.5, branch: 0.5 }),
  none: (branch) => branch,
  'exclusive gate': (branch) => exclusiveGate(branch, { bias: -6 }),
  'shortcut-only gate, half open': (branch) => shortcutGate(branch, { bias: 0 }),
  'shortcut-only gate': (branch) => shortcutGate(branch, { bias: -6 }),
  '1x1 convolution': (branch) => convolvedShortcut(branch),
  dropout: (branch) => dropoutShortcut(branch, { rate: 0.5 }),
}
