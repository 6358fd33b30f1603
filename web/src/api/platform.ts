/** One attempt to sign in as the user. */
export interface LoginRow {
  id: number;
  at: number;
  method: string;
  result: string;
  ip: string;
  user_agent: string;
}

/** A merchant as a platform administrator sees it. */
export interface MerchantRow {
  id: number;
  slug: string;
  title: string;
  status: string;
  appid: string;
  timezone: string;
  created_at: number;
  expired_at: number;
}

/** The merchant in use, as those who lead it see it. */
export interface OwnMerchant extends MerchantRow {
  notify_url: string;
}

/** What a new merchant gets once. */
export interface MerchantSecrets {
  id: number;
  appid: string;
  app_secret: string;
  app_key: string;
  webhook_secret: string;
}
