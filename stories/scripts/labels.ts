import type { DeepgramLabels } from 'react-deepgram'

/** What these stories show, in Arabic: plain data, and one object for every component. */
export const arabicLabels: DeepgramLabels = {
  microphone: 'الاستماع إلى الميكروفون',
  transcript: 'النص',
  prompt: 'اضغط على الميكروفون ثم تحدّث.',
  jump: 'الانتقال إلى الأحدث',
  speaker: 'المتحدّث {n}',
  copy: 'نسخ',
  copied: 'تم النسخ',
  notCopied: 'تعذّر النسخ',
  download: 'تنزيل',
  'download.txt': 'نص',
  retry: 'إعادة المحاولة',
  details: 'تفاصيل تقنية',
  speak: 'اقرأ',
  'speech.speaking': 'اضغط للإيقاف',
  'listen.idle': 'جاهز',
  'listen.listening': 'جارٍ الاستماع',
  dialogue: 'المحادثة',
  'dialogue.microphone': 'تحدّث',
  'dialogue.interrupt': 'إيقاف الكلام',
  'dialogue.you': 'أنت',
  'dialogue.assistant': 'المساعد',
  'dialogue.listening': 'جارٍ الاستماع',
}

/** The same in Japanese. */
export const japaneseLabels: DeepgramLabels = {
  microphone: 'マイクの音声を聞き取る',
  transcript: '文字起こし',
  jump: '最新へ移動',
  copy: 'コピー',
  copied: 'コピーしました',
  notCopied: 'コピーできませんでした',
  download: 'ダウンロード',
  'download.txt': 'テキスト',
  'listen.listening': '聞き取り中',
}
