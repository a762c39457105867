/** Skips the suite of a `before` hook; the reason is told at the end of the run. */
export function skip(context: Mocha.Context, reason: string): void {
  const suite = context.test?.parent as (Mocha.Suite & { skipReason?: string }) | undefined
  if (suite) suite.skipReason = reason
  context.skip()
}
