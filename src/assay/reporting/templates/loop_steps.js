for (const stage of document.querySelectorAll('.stage')) {
  const slider = stage.querySelector('input'), play = stage.querySelector('button'), said = stage.querySelector('output');
  let timer = 0;
  const show = () => {
    for (const frame of stage.querySelectorAll('.frame')) frame.classList.toggle('on', frame.dataset.at === slider.value);
    said.textContent = slider.value === '0' ? 'real rows' : 'generation ' + slider.dataset.numbers.split(' ')[slider.value];
    slider.setAttribute('aria-valuetext', said.textContent);
  };
  const stop = () => { clearInterval(timer); timer = 0; play.textContent = 'Play'; };
  const step = () => { if (slider.value === slider.max) stop(); else { slider.stepUp(); show(); } };
  slider.oninput = () => { stop(); show(); };
  play.onclick = () => {
    if (timer) return stop();
    if (slider.value === slider.max) slider.value = 0;
    play.textContent = 'Pause';
    timer = setInterval(step, 1100);
    show();
  };
  stage.classList.add('steered');
  show();
}
