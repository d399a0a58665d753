// Buttons that copy a text of the page, or keep it as a file.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.copied;
  });
}
for (const button of document.querySelectorAll("[data-save]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const a = document.createElement("a");
    a.href = URL.createObjectURL(new Blob([document.getElementById(button.dataset.save).textContent], { type: "application/json" }));
    a.download = button.dataset.name;
    a.click();
    URL.revokeObjectURL(a.href);
  });
}
