import { basename, dirname } from 'node:path'
import { nearest } from '@resfn/options'
import type { Context } from './context.ts'
import { CliError } from '../error.ts'
import { alternatives } from '../text/nearest.ts'

/**
 * There is nothing at a path: the error names what lies beside it and is named nearly so.
 *
 * @param others names that could have been given instead of a path
 */
export const missingPath = async (
  { files }: Pick<Context, 'files'>,
  path: string,
  others: readonly string[] = [],
): Promise<CliError> => {
  const folder = dirname(path)
  const names = (await files.kind(folder)) === 'folder' ? await files.list(folder) : []
  const near = nearest(basename(path), [...names, ...others])
  const meant = near.length === 0 ? 'check the path' : `did you mean ${alternatives(near)}?`
  return new CliError('ENOENT', `cannot read ${path}: there is no such file; ${meant}`)
}
