// The options of a new run in Korean, by their flags. In English they have the words of the command
// line, which the server sends. test/studio-strings.test.ts compares the flags with the form's.
import type { OptionWords } from './en.ts';

export const groupsKo: Readonly<Record<string, string>> = {
  Data: '데이터',
  'Networks and training': '신경망과 학습',
  'The run': '학습 폴더',
  'The machine': '컴퓨터',
};

export const optionsKo: Readonly<Record<string, OptionWords>> = {
  '--data': { label: '데이터', help: '데이터셋 이름, 또는 그림 폴더·압축 파일·파일의 경로' },
  '--size': { label: '크기', help: '이미지 한 변의 픽셀 수, 또는 64x96처럼 높이 x 너비' },
  '--fit': {
    label: '모양 맞추기',
    help: '정사각형이 아닌 그림을 다루는 방법: crop은 가운데를 남기고, pad는 여백을 더하고, stretch는 늘립니다',
  },
  '--channels': { label: '채널', help: '1은 흑백, 3은 RGB' },
  '--background': { label: '배경색', help: '투명한 부분 뒤와 여백의 색' },
  '--key': { label: '배열 이름', help: '.npz 파일에서 이미지가 들어 있는 배열' },
  '--transpose': { label: '전치', help: 'EMNIST처럼 열부터 저장된 배열의 행과 열을 바꿉니다' },
  '--svg': { label: 'SVG', help: 'SVG 파일도 그림으로 읽습니다' },
  '--follow-links': { label: '링크 따라가기', help: '데이터 폴더 밖으로 나가는 심볼릭 링크를 따라갑니다' },
  '--dedupe': { label: '중복 제거', help: '앞의 것과 똑같은 이미지를 뺍니다' },
  '--skip-broken': { label: '손상된 파일 건너뛰기', help: '그림으로 읽을 수 없는 파일을 뺍니다' },
  '--flip': { label: '좌우 반전', help: '이미지마다 거울상을 더해 수를 두 배로 늘립니다' },
  '--limit': { label: '이미지 수 제한', help: '앞에서부터 이만큼의 이미지만 씁니다' },
  '--preset': { label: '프리셋', help: '출발점이 되는 설정' },
  '--epochs': { label: '에폭', help: '데이터 전체를 훑는 횟수' },
  '--batch-size': { label: '배치 크기', help: '한 스텝에 쓰는 이미지 수' },
  '--seed': { label: '시드', help: '모든 무작위 숫자를 정합니다' },
  '--cond': { label: '클래스 조건', help: '두 신경망이 클래스를 알게 하여, 나중에 클래스를 골라 그릴 수 있습니다' },
  '--groups': {
    label: '그룹 수',
    help: '비슷한 이미지의 그룹을 이만큼 찾아 두 신경망이 알게 합니다. 0이면 그룹이 없습니다',
  },
  '--groups-by': {
    label: '그룹 기준',
    help: '그룹을 무엇으로 찾는지: copies는 작게 줄인 이미지, edges는 윤곽의 방향',
  },
  '--loss': { label: '손실', help: '손실 함수: ns, hinge, ls, wgan-gp' },
  '--label-smoothing': {
    label: '레이블 스무딩',
    help: '실제 이미지에 대한 판별자의 목표를 1 - X로 둡니다. 손실 ns에서만',
  },
  '--r1': { label: 'R1', help: '실제 이미지에서 판별자의 기울기에 주는 벌점의 무게' },
  '--r1-every': { label: 'R1 간격', help: '이만큼의 스텝마다 한 번만, 그만큼 세게 R1을 더합니다' },
  '--spectral-norm': { label: '스펙트럼 정규화', help: '판별자의 커널을 가장 큰 특잇값으로 나눕니다' },
  '--bn-d': { label: '판별자 배치 정규화', help: '판별자에도 배치 정규화를 둡니다' },
  '--dropout': { label: '드롭아웃', help: '판별자의 드롭아웃 비율' },
  '--augment': { label: '증강', help: '판별하기 전에 진짜와 가짜를 바꾸는 방법: none, diffaugment' },
  '--upsampling': {
    label: '업샘플링',
    help: '생성자가 맵의 크기를 두 배로 늘리는 방법: transposed는 전치 합성곱, nearest는 픽셀 반복',
  },
  '--ema': { label: '이동 평균', help: '생성자의 이동 평균을 두고, 모든 그림을 그것으로 그립니다' },
  '--lr': { label: '학습률', help: '두 신경망에 쓰는 Adam의 학습률' },
  '--lr-g': { label: '생성자 학습률', help: '생성자에만 쓰는 학습률' },
  '--lr-d': { label: '판별자 학습률', help: '판별자에만 쓰는 학습률' },
  '--beta1': { label: 'beta1', help: 'Adam의 첫 번째 모멘트가 줄어드는 비율' },
  '--d-steps': { label: '판별자 스텝', help: '생성자의 한 스텝마다 판별자가 하는 스텝 수' },
  '--clip-grad': { label: '기울기 제한', help: '신경망마다 허용하는 기울기의 최대 크기' },
  '--shards': { label: '샤드', help: '미니배치를 나누어 계산하는 조각의 수: 1, 2, 4, … 256' },
  '--convolutions': {
    label: '합성곱 방식',
    help: 'fast는 더 빠른 곳에서 위노그라드 방법을 쓰고, direct는 그대로 더해서 느리지만 더 정확합니다',
  },
  '--on-nan': {
    label: 'NaN일 때',
    help: '값이 NaN이 되면 할 일: stop은 멈추고, lower-lr은 학습률을 반으로 낮추어 이어 갑니다',
  },
  '--evaluate-every': { label: '평가 간격', help: '이만큼의 에폭마다 샘플 10,000개를 데이터와 견줍니다' },
  '--tensorboard': { label: 'TensorBoard', help: '학습 폴더에 TensorBoard용 이벤트 파일도 씁니다' },
  '--keep-best': { label: '가장 좋은 것 보관', help: '평가가 가장 좋은 체크포인트를 보관합니다' },
  '--extractor': {
    label: '특징 추출기',
    help: '특징을 얻는 방법: digits, pictures, pixels, none, 또는 FILE.onnx에 든 신경망',
  },
  '--extractor-range': { label: '추출기 픽셀 범위', help: '그 신경망이 받는 픽셀 값의 범위' },
  '--contrast': { label: '대비', help: '그림의 밝기: fixed는 그대로, tile은 타일마다 늘립니다' },
  '--device': { label: '장치', help: '계산하는 장치' },
  '--threads': { label: '스레드', help: '계산에 쓰는 스레드 수' },
  '--precision': {
    label: '정밀도',
    help: '학습 스텝에서 곱셈의 정밀도: float32, 또는 bf16(AMX나 AVX512-BF16이 있는 native)',
  },
  '--distributed': {
    label: '분산 학습',
    help: 'auto는 mpirun이나 srun의 랭크가 있으면 합류하고, mpi는 언제나, off는 하지 않습니다',
  },
};
