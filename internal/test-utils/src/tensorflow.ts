/**
 * The folder of an installed pip TensorFlow, from RESFN_TENSORFLOW; where that is not set, the tests of the native
 * backend do not run, and this says so.
 */
export const installedTensorflow = (): string | undefined => {
  const folder = process.env['RESFN_TENSORFLOW']
  if (folder !== undefined && folder !== '') return folder
  process.stderr.write(
    'NOT RUN: the tests of the native backend. RESFN_TENSORFLOW is not set to the folder of an installed pip TensorFlow\n',
  )
  return undefined
}
