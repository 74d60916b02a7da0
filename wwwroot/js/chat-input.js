/** Enter submits the form the text stands in; Shift+Enter and an input method's own Enter stay what they are. */
export function sendOnEnter(area) {
  area.addEventListener("keydown", event => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    area.form.requestSubmit();
  });
}
