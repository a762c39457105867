/* What the reader's role allows; the hub has the last word on each of it. */

export const mayWrite = () => RED.user.hasPermission('flows.write')
export const mayRelease = () => RED.user.hasPermission('partners.release')

/** A form that its reader may not send is for reading. */
export function readable(form) {
  for (const control of form.elements) control.disabled ||= !mayWrite()
  return form
}
