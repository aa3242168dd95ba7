// Gradio follows the system's choice of light or dark; the button overrules it until the page is reloaded.
element.querySelector('button').addEventListener('click', () => document.body.classList.toggle('dark'));
