// Elementary functions and random numbers in WGSL, four values at a time. The language allows its
// own exp, log, tanh and cos larger errors than our bounds. These functions use the polynomials of
// kernels/vmath.h (Cephes, S. Moshier 1989), written so that a compiler that reorders sums does no
// harm. Philox is that of random.ts, word for word.

/** Functions of vec4<f32>. */
export const MATH = `
fn vexp(x: vec4<f32>) -> vec4<f32> {
  let clipped = clamp(x, vec4(-103.972084), vec4(88.7228394));
  let n = round(clipped * 1.44269504088896341);
  let r = (clipped - n * 0.693359375) - n * -2.12194440e-4;
  var p = vec4(1.9875691500e-4);
  p = p * r + 1.3981999507e-3;
  p = p * r + 8.3334519073e-3;
  p = p * r + 4.1665795894e-2;
  p = p * r + 1.6666665459e-1;
  p = p * r + 5.0000001201e-1;
  p = (p * r) * r + r + 1.0;
  let bits = vec4<i32>(n);
  let half = bits >> vec4(1u);
  return (p * power(half)) * power(bits - half);
}
fn power(n: vec4<i32>) -> vec4<f32> { return bitcast<vec4<f32>>((n + 127) << vec4(23u)); }
fn vlog(x: vec4<f32>) -> vec4<f32> {
  let shifted = bitcast<vec4<i32>>(max(x, vec4(1.17549435e-38))) - 0x3f3504f3;
  let e = vec4<f32>(shifted >> vec4(23u));
  let m = bitcast<vec4<f32>>((shifted & vec4(0x7fffff)) + 0x3f3504f3);
  let f = m - 1.0;
  let z = f * f;
  var p = vec4(7.0376836292e-2);
  p = p * f - 1.1514610310e-1;
  p = p * f + 1.1676998740e-1;
  p = p * f - 1.2420140846e-1;
  p = p * f + 1.4249322787e-1;
  p = p * f - 1.6668057665e-1;
  p = p * f + 2.0000714765e-1;
  p = p * f - 2.4999993993e-1;
  p = p * f + 3.3333331174e-1;
  let y = p * f * z + e * -2.12194440e-4 - z * 0.5;
  return (f + y) + e * 0.693359375;
}
fn vlog1p(x: vec4<f32>) -> vec4<f32> {
  // 2 atanh(x / (2 + x)), for x in [0, 1].
  let s = x / (x + 2.0);
  let z = s * s;
  var p = vec4(1.0 / 15.0);
  p = p * z + 1.0 / 13.0;
  p = p * z + 1.0 / 11.0;
  p = p * z + 1.0 / 9.0;
  p = p * z + 1.0 / 7.0;
  p = p * z + 1.0 / 5.0;
  p = p * z + 1.0 / 3.0;
  return 2.0 * s + 2.0 * s * z * p;
}
fn vtanh(x: vec4<f32>) -> vec4<f32> {
  let a = abs(x);
  let z = x * x;
  var p = vec4(-5.70498872745e-3);
  p = p * z + 2.06390887954e-2;
  p = p * z - 5.37397155531e-2;
  p = p * z + 1.33314422036e-1;
  p = p * z - 3.33332819422e-1;
  let near = (p * z) * x + x;
  let far = sign(x) * (1.0 - 2.0 / (vexp(min(a + a, vec4(80.0))) + 1.0));
  return select(far, near, a < vec4(0.625));
}
fn vsigmoid(x: vec4<f32>) -> vec4<f32> {
  let e = vexp(-abs(x));
  let y = 1.0 / (1.0 + e);
  return select(y, e * y, x < vec4(0.0));
}
fn vsoftplus(x: vec4<f32>) -> vec4<f32> { return max(x, vec4(0.0)) + vlog1p(vexp(-abs(x))); }
`;

/** The draws of values 4 b to 4 b + 3 of a stream. */
export const DRAWS = `
fn high(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu;
  let ah = a >> 16u;
  let bl = b & 0xffffu;
  let bh = b >> 16u;
  let lh = al * bh;
  let hl = ah * bl;
  let mid = ((al * bl) >> 16u) + (lh & 0xffffu) + (hl & 0xffffu);
  return ah * bh + (lh >> 16u) + (hl >> 16u) + (mid >> 16u);
}
fn philox(block: u32, stream: u32) -> vec4<u32> {
  var c = vec4<u32>(block, stream, control[0].z, control[0].w);
  var k = control[0].xy;
  for (var round = 0; round < 10; round++) {
    c = vec4<u32>(high(0xcd9e8d57u, c.z) ^ c.y ^ k.x, 0xcd9e8d57u * c.z,
                  high(0xd2511f53u, c.x) ^ c.w ^ k.y, 0xd2511f53u * c.x);
    k = k + vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}
fn upper(words: vec4<u32>) -> vec4<f32> { return vec4<f32>(words >> vec4(8u)); }
fn draw_uniform(block: u32, stream: u32) -> vec4<f32> { return upper(philox(block, stream)) * 0x1p-24; }
fn draw_mask(block: u32, stream: u32, threshold: u32, value: f32) -> vec4<f32> {
  return select(vec4(0.0), vec4(value), (philox(block, stream) >> vec4(8u)) >= vec4(threshold));
}
fn draw_normal(block: u32, stream: u32) -> vec4<f32> {
  let words = philox(block, stream);
  let u = vec4<f32>((words.xxzz >> vec4(8u)) + 1u) * 0x1p-24;
  let turns = vec4<f32>(words.yyww >> vec4(8u)) * 0x1p-24;
  let radius = sqrt(max(vec4(0.0), -2.0 * vlog(u)));
  // Quarter turns are taken off exactly before the angle is formed.
  let n = round(turns * 4.0);
  let a = (turns - n * 0.25) * 6.28318530717958648;
  let z = a * a;
  var s = vec4(-1.9515295891e-4);
  s = s * z + 8.3321608736e-3;
  s = s * z - 1.6666654611e-1;
  s = s * z * a + a;
  var c = vec4(2.443315711809948e-5);
  c = c * z - 1.388731625493765e-3;
  c = c * z + 4.166664568298827e-2;
  c = c * z * z - 0.5 * z + 1.0;
  let quarter = vec4<u32>(n);
  let odd = (quarter & vec4(1u)) != vec4(0u);
  let cosine = select(c, s, odd) * select(vec4(1.0), vec4(-1.0), ((quarter + 1u) & vec4(2u)) != vec4(0u));
  let sine = select(s, c, odd) * select(vec4(1.0), vec4(-1.0), (quarter & vec4(2u)) != vec4(0u));
  return radius * select(sine, cosine, vec4(true, false, true, false));
}
`;
