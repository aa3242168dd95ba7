// Files that the browser makes itself.

function saveFile(name, text) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// For training: these images take part in nothing.
function saveExclusions(dataset, ids) {
  const command = `# python cli.py train --data DIR --exclude excluded-${dataset}.txt`;
  saveFile(`excluded-${dataset}.txt`, `${[command, ...ids].join('\n')}\n`);
}
