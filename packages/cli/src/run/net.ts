import { nets, type NetEntry } from '@resfn/archs'
import { checkName } from '../text/nearest.ts'

/** The net of a name; throws a `CliError` with the names nearest to it. */
export const netNamed = (name: string): NetEntry => {
  checkName('net', name, Object.keys(nets), 'see resfn nets')
  return nets[name]!
}
