/** Header lists come as `a, b` or `t=1,v1=a` or, in Standard Webhooks, as `v1,a v1,b` where the comma belongs to the prefix. */
export function listElements(value: string, prefix: string | undefined): string[] {
  return value.split(prefix?.endsWith(',') ? /\s+/ : /[,\s]+/).filter((element) => element !== '')
}
