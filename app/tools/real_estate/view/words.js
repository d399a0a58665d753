// Words, months and money, in English and Korean. Prices arrive in 만원 (10,000 won).
const WORDS = {
  sale: ['Median sale price', '매매 중위가격'], jeonse: ['Median jeonse deposit', '전세 보증금 중위값'],
  apartment: ['Apartments', '아파트'], officetel: ['Officetels', '오피스텔'],
  villa: ['Villas', '연립·다세대'], single_house: ['Houses', '단독·다가구'],
  presale_right: ['Presale rights', '분양권·입주권'], commercial: ['Commercial property', '상업·업무용'],
  land: ['Land', '토지'], factory_warehouse: ['Factories and warehouses', '공장·창고'],
  sqm: ['per ㎡', '㎡당'], deals: ['Deals', '거래'], each: ['', '건'], yoy: ['', '전년 대비 '], year: [' on the year', ''],
  none: ['no price', '가격 없음'], open: ['still being reported', '신고 진행 중'],
};
let lang = 'en';
const word = key => (Object.hasOwn(WORDS, key) ? WORDS[key][+(lang === 'ko')] : String(key ?? ''));
const number = (n, digits = 0) => n.toLocaleString(lang, { maximumFractionDigits: digits });
const percent = n => `${n.toLocaleString(lang, { maximumFractionDigits: 1, signDisplay: 'exceptZero' })}%`;

function money(n) {
  if (lang === 'en') return `₩${number(n / 100, 2)}M`;
  const rounded = Math.round(n * 10) / 10, eok = Math.floor(rounded / 1e4), rest = rounded - eok * 1e4;
  const parts = [eok && `${number(eok)}억`, (rest || !eok) && `${number(rest, 1)}만`];
  return `${parts.filter(Boolean).join(' ')}원`;
}

// Beside a grid line: only as many decimals as the step between two lines needs.
function scaleMoney(n, step) {
  const unit = lang === 'en' ? 100 : n < 1e4 ? 1 : 1e4;
  const text = number(n / unit, Math.max(0, Math.ceil(-Math.log10(step / unit) - 1e-9)));
  return lang === 'en' ? `₩${text}M` : text + (unit > 1 ? '억' : n ? '만' : '');
}

function monthName(month, parts = { year: 'numeric', month: 'short' }) {
  return new Date(Date.UTC(month.slice(0, 4), month.slice(4) - 1)).toLocaleDateString(lang, { ...parts, timeZone: 'UTC' });
}
